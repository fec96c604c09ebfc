"""What writing the answer to a scrape costs in one process: counters, by the number of series.

The minimum joins text that is ready with the numbers, for all series; it knows one metric and no odd number.
Nothing is read over and over: before each scrape all series have counted, or 5 % of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from measure import BARE, MINIMUM, OURS, Subject, Variant
from prometheus_client import CollectorRegistry, Counter, generate_latest
from scrape import NAMES, TWICE, every, timed
from work import Work

from mcp_perf import PerformanceMonitor

Count = Callable[[], object]


def compare(series: int) -> Subject:
    labels = [("GET", f"/users/{{uid}}/{number}", "200") for number in range(series)]
    return Subject(
        f"Rendering of {series:,} counters",
        {
            BARE: Variant(lambda: timed(every([]), bytes)),
            MINIMUM: Variant(lambda: by_hand(labels)),
            OURS: Variant(lambda: ours(labels, 1), target=TWICE),
            "mcp_perf, 5 % of it new": Variant(lambda: ours(labels, 20)),
            "prometheus_client": Variant(lambda: theirs(labels)),
        },
    )


def by_hand(labels: list[tuple[str, ...]]) -> Work:
    texts = ["jobs_total{" + ",".join(map('{}="{}"'.format, NAMES, one)) + "} " for one in labels]
    slots = [[0.0] for _ in labels]

    def count() -> None:
        for slot in slots:
            slot[0] += 1.0

    def scrape() -> bytes:
        return "\n".join([text + repr(slot[0]) for text, slot in zip(texts, slots, strict=True)]).encode()

    return timed(count, scrape)


def ours(labels: list[tuple[str, ...]], step: int) -> Work:
    monitor = PerformanceMonitor(registry=None, max_series=len(labels) + 1)
    counter = monitor.counter("jobs", "Jobs.", NAMES)
    counts: list[Count] = [counter.labels(*one).inc for one in labels]
    every(counts)()
    monitor.render()
    return timed(every(counts[::step]), lambda: monitor.render()[1])


def theirs(labels: list[tuple[str, ...]]) -> Work:
    registry = CollectorRegistry()
    counter = Counter("jobs", "Jobs.", NAMES, registry=registry)
    return timed(every([counter.labels(*one).inc for one in labels]), lambda: generate_latest(registry))


SUBJECTS = {f"render-{series // 1000}k": partial(compare, series) for series in (1_000, 10_000, 100_000)}
