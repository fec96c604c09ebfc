"""Sampling: a thread that looks at all others for some seconds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import Context
from typing import Any

from ..threads import outcome, result, start
from .looks import Looker
from .options import Options
from .pacing import Pacing
from .profile import Profile
from .seen import Seen
from .tally import Ids, Tally
from .turns import Turns
from .visits import Visits

# Of one core, for looks at threads and for those at tasks; together with what it costs the others to let
# this thread have the interpreter, it is less than 2 % of what a service can do (benchmarks/profiling.py).
_THREADS_SHARE, _TASKS_SHARE = 0.012, 0.003
_GRACE = 10.0  # seconds, after which a profile will not come any more
_NAP = 0.1  # seconds until it is seen that nobody waits any more
_SETTLE = 0.5  # seconds between two times of seeing which requests have ended


class Sampling:
    """Takes one profile, unless nobody waits for it any more. `done` is called when that is over."""

    def __init__(
        self, options: Options, visits: Visits, service: str, done: Callable[[Sampling], object]
    ) -> None:
        self.options = options
        self.begun = time.monotonic()
        self._visits = visits
        self._service = service
        self._done = done
        self._over = threading.Event()
        self._profile: Future[Profile] = Future()
        self._profile.set_running_or_notify_cancel()

    def begin(self, task: Any, ignored: Sequence[int]) -> None:
        """Begin with it: of all threads but those, and of all tasks but that, which waits for it, if any."""
        try:
            # In a context of its own, which is not that of the request that asks for it.
            start("profile", self._take, task, ignored, context=Context())
        except RuntimeError as error:
            self._profile.set_exception(error)
            self._done(self)

    @property
    def left(self) -> float:
        """The seconds until it is over."""
        return max(self.begun + self.options.seconds - time.monotonic(), 0.0)

    def wait(self) -> Profile:
        """The profile, waited for; whoever is called away meanwhile ends it."""
        try:
            return result(self._profile, self.options.seconds + _GRACE)
        finally:
            self._over.set()

    async def wait_async(self) -> Profile:
        """The same, awaited."""
        try:
            return await outcome(self._profile, self.options.seconds + _GRACE)
        finally:
            self._over.set()

    def _take(self, task: Any, ignored: Sequence[int]) -> None:
        # Until all is told: beside an event loop that is never at rest a thread has hardly any turns else.
        with Turns() as turns:
            try:
                found = self._taken(task, ignored, turns)
            except BaseException as error:
                self._done(self)
                self._profile.set_exception(error)
                return
            self._done(self)
            self._profile.set_result(found)

    def _taken(self, task: Any, ignored: Sequence[int], turns: Turns) -> Profile:
        tally, with_idle = Tally(self.options), self.options.with_idle
        looker = Looker(self._visits, tally.kept, with_idle=with_idle, ignored=ignored)
        if task is not None:
            looker.know(task.get_loop(), task)
        return _Taking(looker, tally, turns, self.options).taken(self._over, self._service)


class _Taking:
    def __init__(self, looker: Looker[Ids], tally: Tally, turns: Turns, options: Options) -> None:
        self._looker = looker
        self._options = options
        self._tally = tally
        self._turns = turns
        self._looks = self._task_looks = 0
        self._begun = time.monotonic()
        interval = 1 / options.hz
        self._threads = Pacing(self._begun, interval, _THREADS_SHARE)
        self._tasks = Pacing(self._begun, interval, _TASKS_SHARE)
        self._settled = self._begun
        self._spent = 0.0
        # Whether a thread worked is known for sure one look later.
        self._late: list[Seen[Ids]] = []
        self._late_since = 0.0

    def taken(self, over: threading.Event, service: str) -> Profile:
        begun = self._begun
        spent = self._spent = time.thread_time()
        until, now = begun + self._options.seconds, begun
        while now < until and not over.is_set():
            # Not by the event, whose wait costs as much as a look.
            time.sleep(min(max(min(self._due, until) - now, 0.0), _NAP))
            now = time.monotonic()
            if now >= self._due:
                self._look(now)
        self._look_at_all(now)
        self._count_late()
        stacks = self._tally.stacks()
        return Profile(
            options=self._options,
            service=service,
            pid=os.getpid(),
            seconds=now - begun,
            looks=self._looks,
            task_looks=self._task_looks,
            spent=time.thread_time() - spent,
            stacks=stacks,
        )

    @property
    def _due(self) -> float:
        return min(self._threads.due, self._tasks.due) if self._options.with_idle else self._threads.due

    def _look(self, now: float) -> None:
        # The first one is at threads, among which the event loops are found.
        if now >= self._threads.due or not self._looks:
            self._look_at_threads(now)
        if self._options.with_idle and now >= self._tasks.due:
            self._look_at_tasks(now)
        if now - self._settled > _SETTLE:
            self._settled = now
            self._tally.settle()

    def _look_at_all(self, now: float) -> None:
        # Whether it is due or not: nobody else stands for the time since the last look, which may be most of
        # a short profile where each look is dear.
        self._look_at_threads(now)
        if self._options.with_idle:
            self._look_at_tasks(now)

    def _look_at_threads(self, now: float) -> None:
        self._looks += 1
        since = now - self._threads.last
        found = self._looker.threads(since)
        self._count_late()
        self._late, self._late_since = found, since
        spent = self._spent_since()
        self._turns.fit(sum(not seen.is_idle for seen in found), spent)
        self._threads.looked(now, spent)

    def _count_late(self) -> None:
        for seen in self._late:
            is_idle = seen.is_idle or self._looker.rests(seen)
            self._tally.add(seen, self._late_since, is_idle=is_idle)
        self._late = []

    def _look_at_tasks(self, now: float) -> None:
        since = now - self._tasks.last
        if self._looker.has_loops:
            self._task_looks += 1
        share, waiting = self._looker.tasks()
        for seen in waiting:
            self._tally.add(seen, since * share, is_idle=True)
        self._tasks.looked(now, self._spent_since())

    def _spent_since(self) -> float:
        """The processor time since this was asked last: that of waking up counts as well."""
        before, self._spent = self._spent, time.thread_time()
        return self._spent - before
