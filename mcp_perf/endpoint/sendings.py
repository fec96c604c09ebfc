"""Answers that are being sent: each holds a whole rendering as long as somebody reads it."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, suppress
from functools import partial
from weakref import ref

from ..pace import Pace
from ..storage.atomic import Lock

_SIZE = 1 << 16  # bytes
_PATIENCE = 60.0  # seconds that one reader may take in an event loop

# Sends a whole answer, with the parts of its body as they come.
Give = Callable[[AsyncIterator[bytes]], Awaitable[None]]


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

    async def send(self, parts: Sequence[bytes], give: Give) -> None:
        """Have the parts given, and the others of an event loop have their turns between them.

        Who is too slow is given up: the server sees that the rest of the answer is missing.
        """
        with suppress(ConnectionResetError, asyncio.TimeoutError):
            try:
                asyncio.get_running_loop()
            except RuntimeError:  # another kind of event loop
                return await self._give(parts, give, _nobody)
            await asyncio.wait_for(self._give(parts, give, partial(asyncio.sleep, 0)), _PATIENCE)
        return None

    async def _give(self, parts: Sequence[bytes], give: Give, others: Callable[[], Awaitable[None]]) -> None:
        async def in_turn() -> AsyncGenerator[bytes, None]:
            for part in self.sent(parts):
                yield part
                # A server that has room for all at once would take it without a pause.
                await others()

        async with aclosing(in_turn()) as given:
            await give(given)

    def _note(self, parts: Parts) -> None:
        with self._lock:
            alive = [one for known in self._under_way if (one := known()) is not None]
            if not any(one is parts for one in alive):
                alive.append(parts)
            while len(alive) > self._few and sum(one.size for one in alive) > self._size:
                alive.pop(0).drop()
            self._under_way = list(map(ref, alive))


async def _nobody() -> None:
    """Nobody waits for a turn."""
