"""Series to be scraped, in a monitor and in a registry of prometheus_client."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from minimum import BOUNDS
from prometheus_client import CollectorRegistry, Counter, Histogram

from mcp_perf import PerformanceMonitor

NAMES = ("method", "route", "status")

Count = Callable[..., object]
Labels = tuple[str, ...]


class Counters:
    """Series of a counter."""

    name = "counters"
    lines = ("jobs_total{%s} ",)
    counts = 1  # what has been counted in each series to begin with
    shown = "jobs_total"

    @staticmethod
    def of(monitor: PerformanceMonitor, series: Iterable[Labels]) -> list[Count]:
        """What counts in each series of a monitor."""
        counter = monitor.counter("jobs", "Jobs.", NAMES)
        return [counter.labels(*labels).inc for labels in series]

    @staticmethod
    def of_theirs(registry: CollectorRegistry, series: Iterable[Labels]) -> list[Count]:
        """The same in a registry of prometheus_client."""
        counter = Counter("jobs", "Jobs.", NAMES, registry=registry)
        return [counter.labels(*labels).inc for labels in series]


class GrownCounters(Counters):
    """The same, once much has been counted: numbers whose texts are not ready."""

    counts = 100_001

    @classmethod
    def of(cls, monitor: PerformanceMonitor, series: Iterable[Labels]) -> list[Count]:
        """What counts in each series of a monitor."""
        counts = super().of(monitor, series)
        for count in counts:
            count(cls.counts - 1.0)
        return counts


class Durations:
    """Series of durations from a millisecond to two seconds."""

    name = "histograms"
    lines = (
        *(f'jobs_bucket{{le="{bound}",%s}} ' for bound in (*BOUNDS, "+Inf")),
        "jobs_count{%s} ",
        "jobs_sum{%s} ",
    )
    seconds = tuple(0.001 * 1.3**number for number in range(30))
    counts = len(seconds)
    shown = "jobs_count"

    @classmethod
    def of(cls, monitor: PerformanceMonitor, series: Iterable[Labels]) -> list[Count]:
        """What observes in each series of a monitor."""
        return cls._observing(monitor.histogram("jobs", "Jobs.", NAMES), series)

    @classmethod
    def of_theirs(cls, registry: CollectorRegistry, series: Iterable[Labels]) -> list[Count]:
        """The same in a registry of prometheus_client."""
        return cls._observing(Histogram("jobs", "Jobs.", NAMES, registry=registry, buckets=BOUNDS), series)

    @classmethod
    def _observing(cls, histogram, series: Iterable[Labels]) -> list[Count]:
        return [partial(cls._observe, histogram.labels(*labels).observe, []) for labels in series]

    @classmethod
    def _observe(cls, observe, done) -> None:
        for seconds in cls.seconds if not done else (0.02,):
            observe(seconds)
        done[:] = [None]


def labelled(number: int) -> list[Labels]:
    """The label values of so many series."""
    return [("GET", f"/users/{{uid}}/{one}", "200") for one in range(number)]


def texts(kind, series: Iterable[Labels]) -> list[str]:
    """The lines of these series up to their numbers."""
    pairs = (",".join(map('{}="{}"'.format, NAMES, labels)) for labels in series)
    return [line % labels for labels in pairs for line in kind.lines]


def every(counts: list[Count]) -> Count:
    """Counts in all of them."""

    def count():
        for one in counts:
            one()

    return count
