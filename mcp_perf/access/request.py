"""What a rule sees of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Request(Protocol):
    """The part of the endpoint's request that rules may rely on."""

    @property
    def method(self) -> str:
        """Such as ``GET``."""

    @property
    def path(self) -> str:
        """The rest of the path below where the metrics app is mounted."""

    @property
    def query(self) -> str:
        """What follows the question mark."""

    @property
    def header(self) -> Callable[[str], str]:
        """Gives a header by its lower-case name, several joined by ``", "``, empty where it is missing."""

    @property
    def client(self) -> str:
        """The peer's address as the server says it; empty where it is unknown, or a unix socket."""
