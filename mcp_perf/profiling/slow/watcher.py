"""The watcher: a thread that looks at requests which are about to be slow."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from contextvars import Context
from random import Random
from typing import Protocol

from ...threads import start
from ..looks import Looker
from ..pacing import Pacing
from ..visits import Visit, Visits
from .requests import Lines, lines_of
from .stacks import Stacks

_PARTS = 8  # of the threshold, each of which has a look, after half of it
_OFTEN, _SELDOM = 0.05, 1.0  # seconds between two
_MOST = 100  # requests of a look
_SHARE = 0.01  # of one core that looks may take


class Watching(Protocol):
    """Who has a watcher, as long as there is somebody else who has it."""

    @property
    def pause(self) -> float:
        """The seconds until it is time to watch."""

    def watch(self) -> None:
        """It is time."""


class Watcher:
    """Looks at those visits that are older than half of `threshold` seconds, a few times each.

    `now` is the clock of exchanges. With nothing that is slow it only wakes up.
    """

    def __init__(self, visits: Visits, threshold: float, now: Callable[[], float]) -> None:
        self._visits = visits
        self._young = threshold / 2
        self._now = now
        self._interval = min(max(threshold / _PARTS, _OFTEN), _SELDOM)
        self._looker: Looker[Lines] = Looker(visits, lines_of)
        begun = time.monotonic()
        self._pacing = Pacing(begun, self._interval, _SHARE)
        self._looked_at = begun

    @property
    def pause(self) -> float:
        """The seconds until it is time again."""
        return max(self._pacing.due - time.monotonic(), 0.0)

    def look(self) -> None:
        """Look at what is slow, if anything is."""
        begun = time.thread_time()
        slow = self._slow()
        if slow:
            self._note(slow)
        self._pacing.looked(time.monotonic(), time.thread_time() - begun)

    def _slow(self) -> list[Visit]:
        found = []
        before = self._now() - self._young
        for visit in list(self._visits.in_flight.values()):
            exchange = visit.exchange
            if exchange is None:
                continue
            if exchange.start > before:  # so are all that came later
                break
            found.append(visit)
        # Of very many some, so that each of these is looked at in whatever it does.
        return found if len(found) <= _MOST else Random().sample(found, _MOST)

    def _note(self, slow: list[Visit]) -> None:
        now = time.monotonic()
        elapsed, self._looked_at = now - self._looked_at, now
        places: dict[Visit, list[Lines]] = {visit: [] for visit in slow}
        # Tasks after the threads, among which the event loops are found.
        for seen in [*self._looker.threads(elapsed), *self._looker.tasks_for(slow)]:
            if seen.visit in places and seen.stack:
                places[seen.visit].append(seen.stack)
        for visit, found in places.items():
            if visit.looks is None:
                visit.looks = Stacks()
            visit.looks.add(found)


def begin(watching: Watching) -> None:
    """Have a thread call `watching` whenever it is time, until it is gone; RuntimeError without a thread."""
    over = threading.Event()
    weakref.finalize(watching, over.set).atexit = False
    # In a context of its own: that of the request at hand would never end.
    start("slow requests", _watch, weakref.ref(watching), over, context=Context())


def _watch(watching: Callable[[], Watching | None], over: threading.Event) -> None:
    while (one := watching()) is not None:
        pause = one.pause
        del one
        if over.wait(pause):
            return
        if (one := watching()) is not None:
            one.watch()
        del one
