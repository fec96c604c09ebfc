"""Threads for work that may hang: nobody waits for them when the process ends."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextvars import Context, copy_context
from typing import Any, TypeVar

T = TypeVar("T")

LONGEST = threading.TIMEOUT_MAX  # seconds that a thread can wait


def start(
    name: str, work: Callable[..., object], *arguments: Any, context: Context | None = None
) -> threading.Thread:
    """A daemon thread that has begun with `work`, in that context, or a copy of this one.

    RuntimeError where no thread can be had, or the interpreter ends.
    """
    thread = threading.Thread(
        target=(context or copy_context()).run, args=(work, *arguments), name=f"mcp_perf {name}", daemon=True
    )
    thread.start()
    return thread


def are_greenlets() -> bool:
    """Whether what begins here is no thread of the system's, but one of gevent's or eventlet's."""
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    return bool(
        (gevent is not None and gevent.is_module_patched("threading"))
        or (eventlet is not None and eventlet.is_monkey_patched("thread"))
    )


def resolve_without() -> None:
    """The interpreter ends, and no thread begins any more: have gevent look names up without one.

    A look-up keeps all its greenlets then, as long as it takes.
    """
    if "gevent.monkey" not in sys.modules:
        return
    with contextlib.suppress(Exception):
        hub = importlib.import_module("gevent").get_hub()
        hub.resolver = importlib.import_module("gevent.resolver.blocking").Resolver(hub)


def result(future: Future[T], seconds: float) -> T:
    """What comes of `future`, waited for in this thread; TimeoutError after so many seconds."""
    try:
        return future.result(seconds)
    except FutureTimeoutError:  # no TimeoutError before Python 3.11
        raise TimeoutError from None


async def outcome(future: Future[T], seconds: float) -> T:
    """The same, awaited in whatever event loop runs here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio = sys.modules.get("trio")
        if trio is None:
            return result(future, seconds)
        found: T = await trio.to_thread.run_sync(result, future, seconds, abandon_on_cancel=True)
        return found
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
    except asyncio.TimeoutError:
        raise TimeoutError from None
