"""What it costs to offer an event as an exemplar: one in a second is taken, all others are not due."""

from __future__ import annotations

from bisect import bisect_left
from itertools import count, cycle
from math import inf
from types import SimpleNamespace

from measure import BARE, MINIMUM, Subject, Variant
from minimum import BOUNDS
from scrape import temporary
from work import Work, repeated

from mcp_perf import PerformanceMonitor, catalogue

VALUES = (0.003, 0.04, 0.3, 20.0)
TRACE = SimpleNamespace(trace_id=2**128 - 1, span_id=2**64 - 1)


def compare() -> Subject:
    temporary()  # where all of them are: made here, in the process that takes it away
    return Subject(
        "An event offered as an exemplar",
        {
            BARE: Variant(nothing),
            MINIMUM: Variant(least),
            "mcp_perf, not due": Variant(not_due),
            "mcp_perf, taken": Variant(taken),
            "mcp_perf, taken, worker_dir": Variant(lambda: taken(worker_dir=temporary())),
        },
    )


def nothing() -> Work:
    values = cycle(VALUES).__next__

    def event():
        values()

    return repeated(event)


def least() -> Work:
    values, due = cycle(VALUES).__next__, [inf] * (len(BOUNDS) + 1)

    def event(now=0.0):
        if now >= due[bisect_left(BOUNDS, values())]:
            raise AssertionError

    return repeated(event)


def not_due() -> Work:
    values, series = cycle(VALUES).__next__, offered()
    for value in VALUES:
        series.exemplify(value, 1.0, TRACE)

    def event(now=0.0):
        series.exemplify(values(), now, TRACE)

    return repeated(event)


def taken(**settings: object) -> Work:
    values, series, seconds = cycle(VALUES).__next__, offered(**settings), count().__next__

    def event():
        series.exemplify(values(), seconds(), TRACE)

    return repeated(event)


def offered(**settings: object):
    family = PerformanceMonitor(registry=None, **settings).family(catalogue.CALLS)
    return family.labels("work", "success")


SUBJECTS = {"exemplars": compare}
