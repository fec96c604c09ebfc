"""Works: something done many times, by the clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import repeat

# Does something that many times, after a few times for warmth, and gives the seconds that it took.
Work = Callable[[int], float]


def repeated(call: Callable[[], object]) -> Work:
    """The work of calling `call`."""

    def work(count: int) -> float:
        for _ in repeat(None, 1 + count // 10):
            call()
        start = time.process_time()
        for _ in repeat(None, count):
            call()
        return time.process_time() - start

    return work


def awaited(call: Callable[[], Awaitable[object]]) -> Work:
    """The work of calling `call` and awaiting what it gives."""
    loop = asyncio.new_event_loop()

    async def work(count: int) -> float:
        for _ in repeat(None, 1 + count // 10):
            await call()
        start = time.process_time()
        for _ in repeat(None, count):
            await call()
        return time.process_time() - start

    return lambda count: loop.run_until_complete(work(count))
