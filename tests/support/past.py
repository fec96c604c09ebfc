"""History of a monitor whose clock stands still."""

from __future__ import annotations

from mcp_perf import PerformanceMonitor
from mcp_perf.history.recorder import Recorder
from mcp_perf.history.track import Track
from mcp_perf.history.windows import window_of
from mcp_perf.resolutions import resolutions_of


class Past:
    """A monitor whose clock stands still, and the recorder of its history in `store`."""

    def __init__(self, clock, store, policy="5s:5m, 15s:20m", **limits):
        self.clock = clock
        self.store = store
        self.resolutions = resolutions_of("history", policy)
        self.monitor = PerformanceMonitor(registry=None, clock=clock.clock, history="off")
        self.jobs = self.monitor.counter("jobs", "Jobs.", ["kind"])
        self.waits = self.monitor.histogram("waits_seconds", "Waits.", ["kind"])
        self.level = self.monitor.gauge("level", "Level.", ["tank"])
        self.limits = limits
        self.recorder = self.another()

    def another(self):
        """A recorder as of another process, which knows only what is in the store."""
        begun_at, clock = self.clock.now, self.clock.clock
        return Recorder(
            self.store, self.resolutions, self.monitor.snapshot, begun_at, clock.monotonic, **self.limits
        )

    def step(self, seconds=5):
        self.clock.advance(seconds)
        self.recorder.step()

    def frames(self, place=0, seconds=1e9):
        track = Track(self.store, self.resolutions[place])
        return list(track.frames(self.clock.now - seconds, self.clock.now))

    def window(self, place=0, seconds=1e9):
        """What has come, as ``{(key, *labels): amount}``, events for what is observed."""
        window = window_of(self.frames(place, seconds), 5)
        return {
            (family.description.key, *labels): getattr(amount, "events", amount)
            for family in window.change
            for labels, amount in family.amounts.items()
            if family.description.section == "custom"
        }
