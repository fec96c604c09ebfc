"""Answers that are being sent: each holds a whole rendering as long as somebody reads it."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from weakref import ref

from ..storage.atomic import Lock


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
