"""Tasks of asyncio as somebody in another thread sees them: what they wait for, and in which context."""

from __future__ import annotations

import asyncio
import gc
from contextvars import Context
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import Any

# What stands between one that waits and the generator or coroutine that it waits for, and does not tell.
_BETWEEN = frozenset(
    {"async_generator_asend", "async_generator_athrow", "coroutine_wrapper", "anext_awaitable"}
)


def tasks_of(loop: Any) -> list[Any]:
    """The tasks of a loop that are not done and do not run just now; RuntimeError if they change too fast."""
    current = asyncio.current_task(loop)
    try:
        found = asyncio.all_tasks(loop)
    except RuntimeError:
        raise
    except Exception:  # one of them, of somebody's own kind, does not answer
        found = {task for task in _all_of_all() if _is_of(task, loop)}
    return [task for task in found if task is not current]


def _all_of_all() -> list[Any]:
    """The tasks of all loops, as `asyncio.all_tasks` has them."""
    places = ("_all_tasks", "_scheduled_tasks", "_eager_tasks")  # up to Python 3.11, and since
    return [task for place in places for task in list(getattr(asyncio.tasks, place, ()))]


def _is_of(task: Any, loop: Any) -> bool:
    try:
        return task.get_loop() is loop and not task.done()
    except Exception:
        return False


def current_context(loop: Any) -> Context | None:
    """The context of the task that runs in a loop."""
    try:
        task = asyncio.current_task(loop)
    except Exception:
        return None
    return context_of(task) if task is not None else None


def context_of(task: Any) -> Context | None:
    """The context of a task."""
    get_context = getattr(task, "get_context", None)
    if get_context is not None:
        context = get_context()
        return context if isinstance(context, Context) else None
    # Before Python 3.12 none tells; the first that a task holds is its own (`TaskObj_traverse`).
    return next((one for one in gc.get_referents(task) if type(one) is Context), None)


def frames_of(task: Any, most: int) -> list[FrameType]:
    """The frames of what a task awaits, innermost first, at most so many from its beginning on."""
    found: list[FrameType] = []
    one: Any = task.get_coro()
    while one is not None and len(found) < most:
        # The exact ones, of which there are no subclasses: what only says that it is one may have anything.
        kind = type(one)
        if kind is CoroutineType:
            frame, awaited = one.cr_frame, one.cr_await
        elif kind is GeneratorType:
            frame, awaited = one.gi_frame, one.gi_yieldfrom
        elif kind is AsyncGeneratorType:
            frame, awaited = one.ag_frame, one.ag_await
        elif kind.__name__ in _BETWEEN:
            frame, awaited = None, _behind(one)
        else:
            break
        if frame is not None:
            found.append(frame)
        one = awaited
    found.reverse()
    return found


def _behind(one: Any) -> Any:
    kinds = (CoroutineType, GeneratorType, AsyncGeneratorType)
    return next((held for held in gc.get_referents(one) if type(held) in kinds), None)
