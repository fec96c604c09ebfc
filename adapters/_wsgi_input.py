"""The body of a WSGI request, with an eye on its being cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..http.exchange import Exchange


class Input:
    """The request's body as the application reads it: counted, and with an eye on its being cut off.

    `length` is what the client has declared, None where it has not.
    """

    def __init__(self, stream: Any, exchange: Exchange, length: int | None) -> None:
        self._stream = stream
        self._exchange = exchange
        self._length = length
        self._received = 0
        self._is_cut = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._stream, name)
        listening = {"readinto": self._readinto, "read1": self._read1}
        return listening.get(name, found)  # only where the server's has one

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def __enter__(self) -> Input:
        self._stream.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        return self._stream.__exit__(*error)

    def read(self, *size: int) -> bytes:
        """Read some of the body, or the rest."""
        data: bytes = self._heard(self._stream.read, *size)
        wanted = size[0] if size else None
        self._count(len(data), at_end=wanted is None or wanted < 0 or len(data) < wanted)
        return data

    def readline(self, *size: int) -> bytes:
        """Read a line."""
        data: bytes = self._heard(self._stream.readline, *size)
        self._count(len(data), at_end=not data and size != (0,))
        return data

    def readlines(self, *hint: int) -> list[bytes]:
        """Read lines."""
        lines: list[bytes] = self._heard(self._stream.readlines, *hint)
        self._count(sum(map(len, lines)), at_end=not hint or not lines)
        return lines

    def _read1(self, *size: int) -> bytes:
        data: bytes = self._heard(self._stream.read1, *size)
        self._count(len(data), at_end=not data and size != (0,))
        return data

    def _readinto(self, buffer: Any) -> int | None:
        count: int | None = self._heard(self._stream.readinto, buffer)
        self._count(count or 0, at_end=count == 0 and len(buffer) > 0)
        return count

    def _heard(self, read: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return read(*arguments)
        except OSError:
            self._exchange.client_gone()
            raise

    def _count(self, size: int, *, at_end: bool) -> None:
        exchange = self._exchange
        self._received += size
        if exchange.carried is not None:
            exchange.carried.bytes_in(size)
        if self._is_cut and size:  # a server that gives what it has, and there was more to come
            self._is_cut = exchange.gone = False
        if at_end and self._length is not None and self._received < self._length:
            self._is_cut = exchange.gone = exchange.gone or exchange.open


def declared_length(value: object) -> int | None:
    """The number in a Content-Length, None where there is none to rely on."""
    # More digits than any length has are not worth reading, and int() refuses thousands of them.
    return (
        int(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20
        else None
    )
