"""The end of an ASGI application, of which some processes are told nothing else: uvicorn ends by a signal."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ..threads import outcome, start
from ._asgi_messages import Message, Send

_PATIENCE = 60.0  # seconds, beyond all timeouts of who is flushed

_ENDS = frozenset({"lifespan.shutdown.complete", "lifespan.shutdown.failed"})


def flushing(send: Send, flush: Callable[[], Callable[[], None] | None]) -> Send:
    """`send`, which is told that the application has ended when what `flush` gives then has been called."""

    async def sending(message: Message) -> None:
        if message.get("type") in _ENDS:
            work = flush()
            if work is not None:
                await _in_a_thread(work)
        await send(message)

    return sending


async def _in_a_thread(work: Callable[[], None]) -> None:
    future: Future[None] = Future()

    def run() -> None:
        try:
            work()
        finally:
            future.set_result(None)

    try:
        start("flush", run)
        await outcome(future, _PATIENCE)
    except (RuntimeError, TimeoutError):
        pass  # who ends waits for nobody who does not answer
