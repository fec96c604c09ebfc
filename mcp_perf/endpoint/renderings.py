"""Renderings under way: who asks for the same at the same time gets the same one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..steps import Steps, run, run_async
from ..storage.forks import follow
from ..threads import outcome, result, start

T = TypeVar("T")


class BusyError(Exception):
    """Too many wait already, or it has taken too long."""


class _Rendering(Generic[T]):
    """Some work that is to be done, once it is its turn, as long as there is somebody who waits for it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.waiting = 0
        self.is_begun = False
        self.outcome: Future[T] = Future()
        self.outcome.set_running_or_notify_cancel()  # so that who goes cancels it for nobody else


@dataclass(frozen=True)
class _Wait(Generic[T]):
    """What is waited for, and how long."""

    rendering: _Rendering[T]
    seconds: float


class Renderings(Generic[T]):
    """Has each piece of work done once at a time, whoever asks for it meanwhile.

    At most `waiting` wait for all of them together, each at most as many seconds as it says; of the work
    itself `at_once` are done at the same time. What nobody waits for any more is not begun.
    """

    def __init__(self, waiting: int, at_once: int) -> None:
        self._most = waiting
        self._at_once = at_once
        self._waiting = 0
        self.forked()
        follow(self)

    def wait(self, key: Hashable, work: Callable[[], T], seconds: float) -> T:
        """What `work` gives, done in this thread unless it is under way; BusyError, or what `work` raises."""
        steps = self._steps(key, work, seconds, self._do)
        return run(steps, lambda one: result(one.rendering.outcome, one.seconds))

    async def wait_async(self, key: Hashable, work: Callable[[], T], seconds: float) -> T:
        """The same from an event loop, which goes on: `work` is done in a thread."""
        steps = self._steps(key, work, seconds, self._begin)
        return await run_async(steps, lambda one: outcome(one.rendering.outcome, one.seconds))

    @property
    def waiting(self) -> int:
        """How many wait now, or work."""
        return self._waiting

    def forked(self) -> None:
        """This is a child: whatever is under way is so in the parent."""
        self._under_way: dict[Hashable, _Rendering[T]] = {}
        self._waiting = self._working = 0
        self._changed = threading.Condition()

    def _steps(
        self, key: Hashable, work: Callable[[], T], seconds: float, begin: Callable[..., None]
    ) -> Steps[_Wait[T], T]:
        until = time.monotonic() + seconds
        while True:
            rendering, is_new = self._join(key, work)
            left = max(until - time.monotonic(), 0.0)
            try:
                if is_new:
                    begin(key, rendering, left)
                found: T = yield _Wait(rendering, left)
                return found
            except TimeoutError:
                raise BusyError from None
            except BusyError:
                # Whoever wanted to begin it had less time than there is here.
                if is_new or time.monotonic() >= until:
                    raise
            finally:
                self._leave(key, rendering)

    def _join(self, key: Hashable, work: Callable[[], T]) -> tuple[_Rendering[T], bool]:
        with self._changed:
            if self._waiting >= self._most:
                raise BusyError
            found = self._under_way.get(key)
            rendering = self._under_way[key] = found if found is not None else _Rendering(work)
            self._waiting += 1
            rendering.waiting += 1
            return rendering, found is None

    def _leave(self, key: Hashable, rendering: _Rendering[T]) -> None:
        with self._changed:
            self._waiting -= 1
            rendering.waiting -= 1
            if not rendering.waiting and not rendering.is_begun:
                self._forget(key, rendering)
                self._changed.notify_all()

    def _begin(self, key: Hashable, rendering: _Rendering[T], seconds: float) -> None:
        try:
            start("scrape", self._do, key, rendering, seconds)
        except RuntimeError as error:
            rendering.outcome.set_exception(error)

    def _do(self, key: Hashable, rendering: _Rendering[T], seconds: float) -> None:
        changed = self._changed
        try:
            with changed:
                changed.wait_for(lambda: self._working < self._at_once or not rendering.waiting, seconds)
                if self._working >= self._at_once or not rendering.waiting:
                    raise BusyError
                rendering.is_begun = True
                self._working += 1
            try:
                found = rendering.work()
            finally:
                with changed:
                    self._working = max(self._working - 1, 0)  # in a child that was forked amid it
                    changed.notify_all()
        except BaseException as error:
            self._end(key, rendering)
            rendering.outcome.set_exception(error)
            return
        self._end(key, rendering)
        rendering.outcome.set_result(found)

    def _end(self, key: Hashable, rendering: _Rendering[T]) -> None:
        """From now on who asks for the same gets it anew."""
        with self._changed:
            self._forget(key, rendering)

    def _forget(self, key: Hashable, rendering: _Rendering[T]) -> None:
        if self._under_way.get(key) is rendering:
            del self._under_way[key]
