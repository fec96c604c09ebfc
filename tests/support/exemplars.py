"""Exemplars as tests make them, and read them from a snapshot."""

from typing import NamedTuple

from mcp_perf import catalogue


class Trace(NamedTuple):
    """A trace and a span by their numbers, as OpenTelemetry's contexts have them."""

    trace_id: int
    span_id: int = 1


class Traced:
    """The calls of one name that a monitor measures, each in a trace; `clock` is the monitor's fake one."""

    def __init__(self, monitor, clock, name="work"):
        self._monitor, self._clock, self._name = monitor, clock, name

    @property
    def series(self):
        """The series that they are counted in now."""
        return self._monitor.family(catalogue.CALLS).labels(self._name, "success")

    def __call__(self, seconds, trace):
        """A call that took so many seconds, in the trace of that number."""
        series = self.series
        series.observe(seconds)
        series.exemplify(seconds, self._clock.clock.monotonic(), Trace(trace))


def traces(monitor, name="work"):
    """The numbers of the traces that stand for calls of that name, in the order of their buckets."""
    for one in monitor.snapshot().series("calls"):
        if one.labels[0] == name:
            return [int(dict(exemplar.labels)["trace_id"], 16) for exemplar in one.exemplars]
    return []
