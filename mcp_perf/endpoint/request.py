"""What the endpoint knows of a request, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_LONGEST = 1000  # characters: what nobody sends may take long to read


def _no_header(name: str) -> str:  # noqa: ARG001
    return ""


@dataclass(frozen=True)
class Request:
    """A request, as the face tells it that has got it.

    `path` is the rest of the path below where the metrics app is mounted. `header` gives the value of a
    header by its name in lower case: several of one name joined by commas, empty where it is missing.
    `client` is the address of the peer, empty where the server does not say it or there is none (a Unix
    socket). `is_multiprocess` is what WSGI's ``wsgi.multiprocess`` says: that another process may serve the
    same application. `sees_code` is for the handler to say: whether who asks may have profiles, too.
    """

    method: str
    path: str
    query: str = ""
    header: Callable[[str], str] = _no_header
    client: str = ""
    is_multiprocess: bool = False
    sees_code: bool = False

    def liking(self, name: str) -> str:
        """The value of a header that says what a client likes, as far as it is worth reading."""
        return self.header(name)[:_LONGEST]


@dataclass(frozen=True)
class Response:
    """Status, header fields and the parts of the body; none of these for HEAD, whose length is there."""

    status: int
    headers: tuple[tuple[str, str], ...]
    parts: Sequence[bytes]

    @property
    def body(self) -> bytes:
        """All parts in one."""
        return b"".join(self.parts)
