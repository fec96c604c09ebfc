"""Renderings under way: who asks for the same at the same time gets the same one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..steps import Steps, run, run_async
from ..storage.atomic import Lock
from ..storage.forks import follow
from ..threads import outcome, result, start

T = TypeVar("T")
_Begin = Callable[[Hashable, Callable[[], T], "Future[T]", float], None]


@dataclass(frozen=True)
class _Wait(Generic[T]):
    """What is waited for, and how long."""

    future: Future[T]
    seconds: float


class BusyError(Exception):
    """Too many wait already, or it has taken too long."""


class Renderings(Generic[T]):
    """Has each piece of work done once at a time, whoever asks for it meanwhile.

    At most `waiting` wait for all of them together, each at most as many seconds as it says; of the work
    itself `at_once` are done at the same time.
    """

    def __init__(self, waiting: int, at_once: int) -> None:
        self._most = waiting
        self._at_once = at_once
        self._places = threading.Semaphore(at_once)
        self._waiting = 0
        self._under_way: dict[Hashable, Future[T]] = {}
        self._lock = Lock()
        follow(self)

    def wait(self, key: Hashable, work: Callable[[], T], seconds: float) -> T:
        """What `work` gives, done in this thread unless it is under way; BusyError, or what `work` raises."""
        return run(self._steps(key, work, seconds, self._do), lambda one: result(one.future, one.seconds))

    async def wait_async(self, key: Hashable, work: Callable[[], T], seconds: float) -> T:
        """The same from an event loop, which goes on: `work` is done in a thread."""
        steps = self._steps(key, work, seconds, self._begin)
        return await run_async(steps, lambda one: outcome(one.future, one.seconds))

    @property
    def waiting(self) -> int:
        """How many wait now, or work."""
        return self._waiting

    def forked(self) -> None:
        """This is a child: whatever is under way is so in the parent."""
        self._under_way = {}
        self._waiting = 0
        self._places = threading.Semaphore(self._at_once)

    def _steps(
        self, key: Hashable, work: Callable[[], T], seconds: float, begin: _Begin[T]
    ) -> Steps[_Wait[T], T]:
        until = time.monotonic() + seconds
        while True:
            future, is_new = self._join(key)
            left = max(until - time.monotonic(), 0.0)
            try:
                if is_new:
                    begin(key, work, future, left)
                found: T = yield _Wait(future, left)
                return found
            except TimeoutError:
                raise BusyError from None
            except BusyError:
                # Whoever wanted to begin it had less time than there is here.
                if is_new or time.monotonic() >= until:
                    raise
            finally:
                self._leave()

    def _join(self, key: Hashable) -> tuple[Future[T], bool]:
        with self._lock:
            if self._waiting >= self._most:
                raise BusyError
            self._waiting += 1
            future = self._under_way.get(key)
            if future is not None:
                return future, False
            self._under_way[key] = future = Future()
            future.set_running_or_notify_cancel()  # so that who goes cancels it for nobody else
            return future, True

    def _leave(self) -> None:
        with self._lock:
            self._waiting -= 1

    def _begin(self, key: Hashable, work: Callable[[], T], future: Future[T], seconds: float) -> None:
        try:
            start("scrape", self._do, key, work, future, seconds)
        except RuntimeError as error:
            self._end(key, future)
            future.set_exception(error)

    def _do(self, key: Hashable, work: Callable[[], T], future: Future[T], seconds: float) -> None:
        places = self._places
        try:
            if not places.acquire(timeout=seconds):
                raise BusyError
            try:
                found = work()
            finally:
                places.release()
        except BaseException as error:
            self._end(key, future)
            future.set_exception(error)
            return
        self._end(key, future)
        future.set_result(found)

    def _end(self, key: Hashable, future: Future[T]) -> None:
        with self._lock:
            if self._under_way.get(key) is future:
                del self._under_way[key]
