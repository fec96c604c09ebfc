"""A service, asked by its metrics app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .client import Client, NoAnswerError

MOST = 10_000  # routes, operations and steps, each, which is what a service allows

T = TypeVar("T")


class Service:
    """The metrics app below `path` of what the client asks."""

    def __init__(self, client: Client, path: str) -> None:
        self.client = client
        self._path = path

    def read(self, make: Callable[[dict[str, Any]], T], **query: object) -> T:
        """What is made of the summary; NoAnswerError, also where it is none any more."""
        found = self.client.json(f"{self._path}/summary", **{"top": MOST, **query})
        try:
            return make(found)
        except (AttributeError, LookupError, TypeError, ValueError):
            raise NoAnswerError(f"{self.client.url}{self._path}/summary is no summary of mcp_perf") from None
