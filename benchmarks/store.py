"""What one timed event costs in the store: a counter and a histogram, with three labels."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from threading import Lock

from measure import BARE, MINIMUM, Subject, Variant
from minimum import BOUNDS, Cell
from prometheus_client import CollectorRegistry, Counter, Histogram
from work import Work, repeated

from mcp_perf import PerformanceMonitor, catalogue

LABELS = {"method": "GET", "route": "/users/{uid}", "status": "200"}
NAMES, VALUES = tuple(LABELS), tuple(LABELS.values())


def compare() -> Subject:
    return Subject(
        "One event",
        {
            BARE: Variant(nothing),
            MINIMUM: Variant(least),
            "mcp_perf, series kept": Variant(series),
            "mcp_perf, custom histogram, kept": Variant(lambda: custom(kept=True)),
            "mcp_perf, custom histogram, labels()": Variant(lambda: custom(kept=False)),
            "prometheus_client, children kept": Variant(lambda: client(kept=True)),
            "prometheus_client, labels()": Variant(lambda: client(kept=False)),
        },
    )


def nothing() -> Work:
    def event(value=0.01):
        return None

    return repeated(event)


def least() -> Work:
    cells, lock = defaultdict(Cell), Lock()

    def event(value=0.01):
        with lock:
            cell = cells[VALUES]
            cell.count += 1
            cell.sum += value
            cell.buckets[bisect_left(BOUNDS, value)] += 1

    return repeated(event)


def series() -> Work:
    observe = PerformanceMonitor(registry=None).family(catalogue.HTTP_REQUESTS).labels(*VALUES).observe

    def event(value=0.01):
        observe(value)

    return repeated(event)


def custom(*, kept: bool) -> Work:
    histogram = PerformanceMonitor(registry=None).histogram("own_seconds", "Own.", NAMES)
    child = histogram.labels(*VALUES)

    def kept_event(value=0.01):
        child.observe(value)

    def event(value=0.01):
        histogram.labels(*VALUES).observe(value)

    return repeated(kept_event if kept else event)


def client(*, kept: bool) -> Work:
    registry = CollectorRegistry()
    counter = Counter("requests_total", "Requests.", NAMES, registry=registry)
    histogram = Histogram("request_seconds", "Durations.", NAMES, registry=registry)
    counted, timed = counter.labels(*VALUES), histogram.labels(*VALUES)

    def kept_event(value=0.01):
        counted.inc()
        timed.observe(value)

    def event(value=0.01):
        counter.labels(*VALUES).inc()
        histogram.labels(*VALUES).observe(value)

    return repeated(kept_event if kept else event)


SUBJECTS = {"store": compare}
