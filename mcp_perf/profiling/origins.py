"""Origins: what the frames of others tell of where the work inside of them comes from.

Nobody keeps for others which context a thread runs a call in, or which event loop a thread has. But who does
such a thing has it in a variable: asyncio's handles and runners, the threads of concurrent.futures, anyio's
(Starlette, FastAPI) and asgiref's (Django). What is read here is looked at, never called or kept.
"""

from __future__ import annotations

import asyncio
import os
from contextvars import Context
from functools import partial
from queue import Queue
from types import FrameType
from typing import Any

# Functions that tell something, and of which packages they are. No other frame is asked: up to Python 3.12
# asking one keeps what its variables hold for as long as its function runs.
TELLING = {
    "entered": ("mcp_perf",),
    "_run": ("asyncio",),
    "run_forever": ("asyncio",),
    "run": ("asyncio", "futures", "anyio", "uvloop"),
    "asyncio_run": ("uvicorn",),
    "thread_handler": ("asgiref",),
    "run_child": ("asgiref",),
}

_PYTHONS = {"asyncio", "futures"}
_NEXT = Queue.get.__code__
_LIBRARY = os.path.dirname(os.__file__) + os.sep


def tells(frame: FrameType) -> bool:
    """Whether a frame may be worth asking."""
    code = frame.f_code
    packages = TELLING.get(code.co_name)
    if packages is None:
        return False
    folders = code.co_filename.replace("\\", "/").split("/")[:-1]
    return any(one in folders and (one not in _PYTHONS or is_of_python(code.co_filename)) for one in packages)


def is_of_python(filename: str) -> bool:
    """Whether a file is of the standard library: somebody's own may have the same name."""
    return filename.startswith(_LIBRARY) and "-packages" not in filename


def handle_loop(frame: FrameType) -> Any:
    """The event loop whose handle this frame runs, None where it runs none."""
    if frame.f_code.co_name != "_run":
        return None
    handle = frame.f_locals.get("self")
    return getattr(handle, "_loop", None) if isinstance(handle, asyncio.Handle) else None


def running_loop(frame: FrameType) -> Any:
    """The event loop that the function of this frame has running, None where it has none."""
    found = frame.f_locals
    this = found.get("self")
    for loop in (this, found.get("loop"), getattr(this, "_loop", None)):
        if isinstance(loop, asyncio.AbstractEventLoop):
            return loop
    return None


def entered_context(frame: FrameType) -> Context | None:
    """The context that the function of this frame runs a call in, None where it does no such thing."""
    found = frame.f_locals
    context = found.get("context")  # anyio, newer versions of asgiref
    if isinstance(context, Context):
        return context
    if frame.f_code.co_name == "thread_handler":  # asgiref
        return _context_of(found.get("func"))
    return _context_of(getattr(found.get("self"), "fn", None))  # concurrent.futures


def is_between(inner: FrameType | None) -> bool:
    """Whether a thread that runs one call after the other has none: it waits for the next one.

    `inner` is what the function with the calls is in, which may have the context of the last one still.
    """
    return inner is not None and inner.f_code is _NEXT


def _context_of(call: Any) -> Context | None:
    """That of the call of a context's `run`."""
    while isinstance(call, partial):
        call = call.func
    context = getattr(call, "__self__", None)
    return context if isinstance(context, Context) else None
