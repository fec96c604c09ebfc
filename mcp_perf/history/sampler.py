"""The sampler: a thread that has one more step of history written whenever it is time to."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextvars import Context

from ..pace import Considerate, Pace
from ..resolutions import Resolution
from ..storage.atomic import Lock
from ..storage.forks import expect, follow
from ..threads import start
from ..timing import Clock
from .home import Home
from .recorder import Recorder, Take
from .segments import Store

_LATE = 2  # steps, after which a sample that was due has not come
_SHARE = 0.02  # of the time that it may work


class Sampler:
    """Has `take` recorded at `home` with every step of the finest of the `resolutions`.

    It begins with `begin`, in each process anew, and ends with its last reference. `fault` is told of what
    could not be done: the doing, and the error.
    """

    def __init__(
        self,
        home: Home,
        resolutions: Sequence[Resolution],
        take: Take,
        *,
        fault: Callable[[str, Exception], None],
        clock: Clock,
    ) -> None:
        self._home = home
        self._resolutions = resolutions
        self._take = take
        self._fault = fault
        self._clock = clock
        self._recording: tuple[Store, Recorder] | None = None
        self.is_wanted = False
        self._has_begun = False
        self._begun_at = self._due_at = clock.wall()
        self._lock, self._beginning = Lock(), Lock()
        follow(self)
        expect(self)

    def begin(self) -> None:
        """Sample from now on, if that is wanted; it is no fault of the caller's if it cannot be."""
        if self._has_begun or not self.is_wanted or not self._resolutions:
            return
        with self._beginning:
            if self._has_begun:
                return
            self._has_begun = True
        self._begun_at = self._due_at = self._clock.wall()
        over = threading.Event()
        weakref.finalize(self, over.set).atexit = False
        try:
            # In a context of its own: that of the request at hand would never end.
            start("history", _sample, weakref.ref(self), over, context=Context())
        except RuntimeError as error:
            self._fault("history", error)

    def open(self) -> None:
        """Write that there is a service, if nobody has."""
        self._alone(Recorder.open)

    def sample(self) -> None:
        """Write one step, if this process is the one that does, and nobody in it is at it."""
        self._alone(Recorder.step)

    def catch_up(self) -> None:
        """Sample now, where threads do not run while nobody is served (uWSGI without ``enable-threads``)."""
        if not self._has_begun or self._clock.wall() <= self._due_at + _LATE * self._resolutions[0].step:
            return
        if self._lock.acquire_now():
            try:
                self._due_at = self._clock.wall()
                self._record(Recorder.step)
                # Whoever is asked next does it.
                self._recording = None
                self._home.leave()
            finally:
                self._lock.release()

    def _alone(self, do: Callable[[Recorder, Pace], None]) -> None:
        if self._lock.acquire_now():
            try:
                self._record(do)
            finally:
                self._lock.release()

    def _record(self, do: Callable[[Recorder, Pace], None]) -> None:
        try:
            if not self._home.is_mine_to_write():
                self._recording = None
                return
            store = self._home.store()
            if self._recording is None or self._recording[0] is not store:
                self._recording = store, self._recorder(store)
            do(self._recording[1], Considerate())
        except Exception as error:
            self._recording = None  # to go on from what is there then
            self._fault("history", error)

    def _recorder(self, store: Store) -> Recorder:
        return Recorder(store, self._resolutions, self._take, self._begun_at, self._clock.monotonic)

    def pause(self, spent: float) -> float:
        """The seconds until the next step, after one that took so long: steps are those of the clock."""
        step, now = self._resolutions[0].step, self._clock.wall()
        rest = spent / _SHARE - spent
        pause = rest + step - (now + rest) % step
        self._due_at = now + pause
        return pause

    def forking(self) -> None:
        """There will be a child: what was in memory is shared before that can begin a history of its own."""
        if self._has_begun and self._lock.acquire_soon():
            try:
                self._home.is_mine_to_write()
            except OSError as error:
                self._fault("history", error)
            finally:
                self._lock.release()

    def forked(self) -> None:
        """This is a child, which begins anew."""
        self._has_begun = False
        self._recording = None
        self._home.forked()


def _sample(sampler: weakref.ref[Sampler], over: threading.Event) -> None:
    """Sample as long as there is a sampler, which this thread does not keep."""
    spent = 0.0
    if (one := sampler()) is not None:
        one.open()
        del one
    while (one := sampler()) is not None:
        pause = one.pause(spent)
        del one
        if over.wait(pause):
            return
        one = sampler()
        if one is not None:
            begun = time.thread_time()
            one.sample()
            spent = time.thread_time() - begun
        del one
