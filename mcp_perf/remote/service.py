"""A service, asked by its metrics app."""

from __future__ import annotations

from typing import Any

from .client import Client

MOST = 500  # routes, operations and steps, each


class Service:
    """The metrics app below `path` of what the client asks."""

    def __init__(self, client: Client, path: str) -> None:
        self.client = client
        self._path = path

    def summary(self, **query: object) -> dict[str, Any]:
        """The summary, or points of it where `query` has a step; NoAnswerError."""
        found: dict[str, Any] = self.client.json(f"{self._path}/summary", **{"top": MOST, **query})
        return found
