"""Renderings under way: who asks for the same at the same time gets the same one."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Generic, TypeVar

from ..storage.atomic import Lock
from ..storage.forks import follow

T = TypeVar("T")


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
        future, is_new = self._join(key)
        try:
            if is_new:
                self._do(key, work, future, seconds)
            return future.result(seconds)
        except (FutureTimeoutError, TimeoutError):
            raise BusyError from None
        finally:
            self._leave()

    async def wait_async(self, key: Hashable, work: Callable[[], T], seconds: float) -> T:
        """The same from an event loop, which goes on: `work` is done in a thread."""
        future, is_new = self._join(key)
        try:
            if is_new:
                self._begin(key, work, future, seconds)
            return await _result(future, seconds)
        except (FutureTimeoutError, TimeoutError, asyncio.TimeoutError):
            raise BusyError from None
        finally:
            self._leave()

    @property
    def waiting(self) -> int:
        """How many wait now, or work."""
        return self._waiting

    def forked(self) -> None:
        """This is a child: whatever is under way is so in the parent."""
        self._under_way = {}
        self._waiting = 0
        self._places = threading.Semaphore(self._at_once)

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
        # A thread of its own, which nobody waits for when the process ends, whatever hangs in it.
        thread = threading.Thread(
            target=self._do, args=(key, work, future, seconds), name="mcp_perf scrape", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:  # no more threads can be had, or the interpreter ends
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


async def _result(future: Future[T], seconds: float) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio = sys.modules.get("trio")
        if trio is None:
            return future.result(seconds)
        found: T = await trio.to_thread.run_sync(future.result, seconds, abandon_on_cancel=True)
        return found
    return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
