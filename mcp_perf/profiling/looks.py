"""Looks: what every thread and every task of this process does at one moment."""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import FrameType
from typing import Any, Generic

from .activity import Activity
from .gc_pause import without_gc
from .seen import Keep, Seen, T, goes_on, served, task_name, thread_name
from .tasks import context_of, frames_of, tasks_of
from .visits import Visit, Visits
from .walks import DEEPEST, Walk

MOST_TASKS = 500  # of a look
_OURS = "mcp_perf "  # how the names of our own threads begin


class Looker(Generic[T]):
    """Looks at this process from outside of its threads, at all but our own and those `ignored`.

    `keep` says what is kept of frames. Threads that wait are left out unless they are looked at `with_idle`.
    """

    def __init__(
        self, visits: Visits, keep: Keep[T], *, with_idle: bool = True, ignored: Sequence[int] = ()
    ) -> None:
        self._visits = visits
        self._keep = keep
        self._with_idle = with_idle
        self._ignored = {*ignored}
        self._activity = Activity()
        self._loops: set[Any] = set()
        self._ignored_task: Any = None
        # What threads were seen at that have not run since.
        self._still: dict[int, Seen[T]] = {}

    def know(self, loop: Any, ignored: Any) -> None:
        """There is this event loop, too, and a task in it that is not to be looked at.

        A loop that is not written in Python may not be found.
        """
        self._loops.add(loop)
        self._ignored_task = ignored

    @property
    def has_loops(self) -> bool:
        """Whether there is an event loop."""
        return bool(self._loops)

    def threads(self, elapsed: float) -> list[Seen[T]]:
        """The threads, so many seconds after the look before."""
        with without_gc:
            return list(self._threads(elapsed))

    def _threads(self, elapsed: float) -> Iterator[Seen[T]]:
        self._activity.begin(elapsed)
        known = threading._active.copy()  # type: ignore[attr-defined]  # as `threading.enumerate`, but at once
        before, self._still = self._still, {}
        own = threading.get_ident()
        for ident, frame in sys._current_frames().items():
            if ident == own or ident in self._ignored:
                continue
            try:
                seen = self._thread(ident, frame, known.get(ident), before)
            except (
                Exception
            ):  # what somebody has made of a thread, or has in a variable, is not as it should be
                continue
            if seen is not None:
                self._still[ident] = seen
                yield seen

    def _thread(
        self, ident: int, frame: FrameType, thread: Any, before: Mapping[int, Seen[T]]
    ) -> Seen[T] | None:
        native = thread.native_id if thread is not None else None
        is_idle, is_still = self._activity.of(native, frame)
        if is_idle and not self._with_idle:
            return None
        name = thread_name(thread, ident)
        if name.startswith(_OURS):  # nobody wonders what we do
            return None
        seen = before.get(ident) if is_still else None
        if seen is None or seen.native != native or not goes_on(seen.visit):
            return self._seen(name, frame, native, is_idle)
        return seen if seen.is_idle else replace(seen, is_idle=True)

    def rests(self, seen: Seen[T]) -> bool:
        """Whether a thread that was seen in the look before has done nothing since.

        So a thread that had worked until just before that look is not taken for one that works.
        """
        return self._activity.rests(seen.native)

    def tasks(self) -> tuple[float, list[Seen[T]]]:
        """Some of the tasks that wait, all if they are not very many; how many each of them stands for."""
        found = self._all_tasks()
        share = max(len(found) / MOST_TASKS, 1.0)
        return share, self._waiting(_some(found, MOST_TASKS))

    def tasks_for(self, visits: Collection[Visit]) -> list[Seen[T]]:
        """Those of the tasks that wait which work for these visits: of each as many as of the others."""
        found: dict[Visit, list[Any]] = {visit: [] for visit in visits}
        for task in self._all_tasks():
            visit = self._visit_of(task)
            if visit in found:
                found[visit].append(task)
        most = max(MOST_TASKS // max(len(found), 1), 1)
        return self._waiting([task for tasks in found.values() for task in _some(tasks, most)])

    def _all_tasks(self) -> list[Any]:
        loops = list(self._loops)
        return [task for loop in loops for task in self._tasks_of(loop) if task is not self._ignored_task]

    def _tasks_of(self, loop: Any) -> list[Any]:
        try:
            if loop.is_closed():
                self._loops.discard(loop)
                return []
            return tasks_of(loop)
        except Exception:  # it ends, or its tasks change too fast
            return []

    def _visit_of(self, task: Any) -> Visit | None:
        try:
            return self._visits.within(context_of(task))
        except Exception:  # as for threads
            return None

    def _waiting(self, tasks: Sequence[Any]) -> list[Seen[T]]:
        found = []
        with without_gc:
            for task in tasks:
                try:
                    found.append(self._at(frames_of(task, DEEPEST), task))
                except Exception:  # as for threads
                    continue
        return found

    def _at(self, frames: list[FrameType], task: Any) -> Seen[T]:
        visit = served(self._visit_of(task))
        if visit is not None:
            inside = next((place for place, one in enumerate(frames) if self._visits.here(one)), len(frames))
            frames = frames[:inside]
        name = task_name(task)
        return Seen(name, self._keep(frames), len(frames) == DEEPEST, is_idle=True, visit=visit)

    def _seen(self, name: str, innermost: FrameType, native: int | None, is_idle: bool) -> Seen[T]:
        walk = Walk(self._visits, innermost)
        if walk.loop is not None:
            self._loops.add(walk.loop)
        visit = served(walk.visit)
        return Seen(name, self._keep(walk.frames), walk.is_cut, is_idle, visit, native)


def _some(tasks: list[Any], most: int) -> list[Any]:
    return tasks if len(tasks) <= most else Random().sample(tasks, most)
