"""Answers that are being sent: each holds a whole rendering as long as somebody reads it."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from weakref import ref

from ..pace import Pace
from ..storage.atomic import Lock

_SIZE = 1 << 16  # bytes


class Parts(list[bytes]):
    """The parts of a rendering, which all who have asked for it are sent."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        super().__init__(parts)
        self.size = sum(map(len, self))
        self.is_dropped = False

    def drop(self) -> None:
        """Let go of them, whoever is still being sent them."""
        self.is_dropped = True
        self.clear()


def of_size(parts: Iterable[bytes], pace: Pace) -> Iterator[bytes]:
    """The same body in parts of about one size: of a slow reader's, a server has a few in memory."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        for begin in range(0, len(part), _SIZE):
            held.append(part[begin : begin + _SIZE])
            size += len(held[-1])
            if size >= _SIZE:
                yield b"".join(held)
                held, size = [], 0
        pace()
    if held:
        yield b"".join(held)


class Sendings:
    """Knows which renderings are being sent: `few` of any size, and more while all are at most `size` bytes.

    One more costs the readers of the oldest theirs; refusing it would let a few slow readers lock out the
    others.
    """

    def __init__(self, few: int, size: int) -> None:
        self._few = few
        self._size = size
        self._under_way: list[ref[Parts]] = []
        self._lock = Lock()

    def sent(self, parts: Sequence[bytes]) -> Iterator[bytes]:
        """The parts one by one; ConnectionResetError where they had to be dropped."""
        if isinstance(parts, Parts):
            self._note(parts)
        yield from parts
        if isinstance(parts, Parts) and parts.is_dropped:
            raise ConnectionResetError(errno.ECONNRESET, "mcp_perf cuts off a slow reader, one of too many")

    def _note(self, parts: Parts) -> None:
        with self._lock:
            alive = [one for known in self._under_way if (one := known()) is not None]
            if not any(one is parts for one in alive):
                alive.append(parts)
            while len(alive) > self._few and sum(one.size for one in alive) > self._size:
                alive.pop(0).drop()
            self._under_way = list(map(ref, alive))
