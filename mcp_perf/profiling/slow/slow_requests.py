"""Slow requests of one monitor: who notes them, and who reads those of all workers."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable

from ...http.exchange import Exchange
from ...storage.forks import follow
from ...threads import are_greenlets
from ...timing import Clock
from ..visits import Visit, Visits
from .kept import Kept
from .requests import SlowRequest, short
from .watcher import Watcher, begin

# The id of the trace that a request is in, None where there is none.
TraceOf = Callable[[Exchange], str | None]
Fault = Callable[[str, Exception], None]


class SlowRequests:
    """Those that took longer than `threshold` seconds, None for none: the newest `most` of all workers.

    `visits` are to be watched; `trace_of` gives the id of an exchange's trace. `fault` is told of what could
    not be kept: the doing, and the error.
    """

    def __init__(
        self,
        threshold: float | None,
        most: int,
        directory: Callable[[], int | None],
        clock: Clock,
        fault: Fault,
        trace_of: TraceOf,
    ) -> None:
        self.threshold = threshold
        self._trace_of = trace_of
        self._clock = clock
        self._fault = fault
        self._kept = Kept(directory, most, clock.wall)
        # Those that are not kept yet: files are not for the thread of a request.
        self._new: deque[SlowRequest] = deque(maxlen=most)
        self._watcher: Watcher | None = None
        self.visits = Visits(threshold, self._ended, self._begin)
        follow(self)

    def read(self) -> list[SlowRequest]:
        """The newest of all workers, the newest first; none where they cannot be read."""
        if self.threshold is None:
            return []
        self._keep()
        try:
            return self._kept.read()
        except OSError as error:
            self._fault("slow requests", error)
            return []

    @property
    def pause(self) -> float:
        """See `Watching`."""
        return self._watcher.pause if self._watcher is not None else 1.0

    def watch(self) -> None:
        """Look at what is slow now, and keep what was."""
        try:
            if self._watcher is not None:
                self._watcher.look()
        except Exception as error:
            self._fault("slow requests", error)
        self._keep()

    def forked(self) -> None:
        """This is a child: what was slow was so in the parent."""
        self._new.clear()
        self._watcher = None
        self._kept.forked()

    def _begin(self) -> None:
        if self.threshold is None:
            return
        try:
            if not are_greenlets():
                self._watcher = Watcher(self.visits, self.threshold, self._clock.monotonic)
            begin(self)
        except RuntimeError as error:
            self._fault("slow requests", error)

    def _ended(self, visit: Visit, exchange: Exchange, elapsed: float) -> None:
        route = exchange.label
        if exchange.measure.is_excluded(route):
            return
        trace_id = self._trace_of(exchange)
        stacks = visit.looks
        self._new.append(
            SlowRequest(
                method=exchange.method.label,
                route=short(route),
                status=str(exchange.code),
                seconds=elapsed,
                started_at=self._clock.wall() - elapsed,
                trace_id=trace_id,
                pid=os.getpid(),
                looks=stacks.looks if stacks is not None else 0,
                stacks=stacks.most() if stacks is not None else (),
            )
        )

    def _keep(self) -> None:
        new = []
        while self._new:
            try:
                new.append(self._new.popleft())
            except IndexError:  # another thread keeps it
                break
        try:
            if new:
                self._kept.add(new)
        except OSError as error:
            self._fault("slow requests", error)
