"""The one policy for writes that several threads make to one place.

On a build with a GIL the interpreter lets another thread (or a signal handler) in only at a call, at a
backward jump and at the start of a function. A statement such as ``slots[i] += x`` on a list or memoryview,
with `i` and `x` already computed, has none of the three between its load and its store, so it is whole by
itself and needs no lock: nothing to wait for, nothing to deadlock on in a signal handler or after a fork.
`tests/core/test_atomic.py` reads the bytecode of every function marked here, so an interpreter for which
this no longer holds fails the tests instead of losing counts.

On a free-threaded build there is no such guarantee, and the marked functions run under one lock.

What is rare (a new series, a new family) runs under a `Lock`, which a fork leaves open in the child.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

from .forks import follow_lock

P = ParamSpec("P")
R = TypeVar("R")

# Seconds: more than a step of history takes; and who holds it may need what the forking thread holds.
_MOMENT = 0.5

FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()


class Lock:
    """A re-entrant lock, since a finaliser may record while its thread holds it; open again after a fork.

    The thread that held it at the fork is not there in the child to let it go.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        follow_lock(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()

    def acquire_now(self) -> bool:
        """Take the lock, if nobody has it: whether it was taken, and is to be let go by `release`."""
        return self._lock.acquire(blocking=False)

    def acquire_soon(self) -> bool:
        """As `acquire_now`, but waits a moment for another thread to let it go: for who is about to fork."""
        return self._lock.acquire(timeout=_MOMENT)

    def acquire_first(self) -> bool:
        """As `acquire_now`, but not where this thread has it already, in the midst of something else."""
        return not self._lock._is_owned() and self.acquire_now()  # type: ignore[attr-defined]  # as below

    def release(self) -> None:
        """Let go of the lock."""
        self._lock.release()

    def forked(self) -> None:
        """Open the lock, whoever else holds it."""
        # Where a signal's handler has forked in the midst of it, it is this thread that lets go of it.
        if not self._lock._is_owned():  # type: ignore[attr-defined]  # as `threading.Condition` asks it
            self._lock = threading.RLock()


def under(lock: Lock, function: Callable[P, R]) -> Callable[P, R]:
    """`function`, run with `lock` held."""

    @wraps(function)
    def locked(*args: P.args, **kwargs: P.kwargs) -> R:
        with lock:
            return function(*args, **kwargs)

    return locked


if FREE_THREADED:  # pragma: no cover - needs a free-threaded interpreter
    # One for all, since several functions write to the same slots.
    _lock = Lock()

    def atomic(function: Callable[P, R]) -> Callable[P, R]:
        """Mark a function whose writes must not be torn by other threads."""
        return under(_lock, function)

else:

    def atomic(function: Callable[P, R]) -> Callable[P, R]:
        """Mark a function whose writes must not be torn by other threads."""
        return function
