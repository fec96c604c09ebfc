"""Facts: what a request says of itself, however its server hands it over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Facts(NamedTuple):
    """What a request says of itself, as text; what nobody knows is empty or None.

    `headers` gives the values of the header of a name in small letters, one for each time it was sent, where
    the server tells them apart; `names` are those of all. `path` is whole, with what a mount has taken.
    `server` is where the server listens. `protocol` is the version of HTTP, such as ``1.1``.
    """

    method: str
    scheme: str
    path: str
    query: str
    protocol: str
    client: str
    server: tuple[str, int | None] | None
    headers: Callable[[str], list[str]]
    names: Callable[[], Iterable[str]]

    def header(self, name: str) -> str:
        """The first value of a header, empty where it was not sent."""
        values = self.headers(name)
        return values[0] if values else ""
