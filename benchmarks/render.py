"""What writing the answer to a scrape costs in one process, by the number of series.

The minimum joins text that is ready with the numbers, for all series; it knows one metric and no odd number,
and of a histogram the numbers as they are written. Nothing is read over and over: before each scrape all
series have counted, or 5 % of them.
"""

from __future__ import annotations

from functools import partial
from itertools import chain

from measure import BARE, MINIMUM, OURS, Subject, Variant
from prometheus_client import CollectorRegistry, generate_latest
from scrape import TWICE, timed
from series import Counters, Durations, Labels, every, labelled, texts
from work import Work

from mcp_perf import PerformanceMonitor


def compare(kind, number: int) -> Subject:
    series = labelled(number)
    return Subject(
        f"Rendering of {number:,} {kind.name}",
        {
            BARE: Variant(lambda: timed(every([]), bytes)),
            MINIMUM: Variant(lambda: by_hand(kind, series)),
            OURS: Variant(lambda: ours(kind, series, 1), target=TWICE),
            "mcp_perf, 5 % of it new": Variant(lambda: ours(kind, series, 20)),
            "prometheus_client": Variant(lambda: theirs(kind, series)),
        },
    )


def by_hand(kind, series: list[Labels]) -> Work:
    ready = texts(kind, series)
    slots = [[0.0] * len(kind.lines) for _ in series]

    def count() -> None:
        for numbers in slots:
            numbers[:] = [number + 1.0 for number in numbers]

    def scrape() -> bytes:
        numbers = chain.from_iterable(slots)
        return "\n".join([text + repr(number) for text, number in zip(ready, numbers, strict=True)]).encode()

    return timed(count, scrape)


def ours(kind, series: list[Labels], step: int) -> Work:
    monitor = PerformanceMonitor(registry=None, max_series=len(series) + 1)
    counts = kind.of(monitor, series)
    every(counts)()
    monitor.render()
    return timed(every(counts[::step]), lambda: monitor.render()[1])


def theirs(kind, series: list[Labels]) -> Work:
    registry = CollectorRegistry()
    counts = kind.of_theirs(registry, series)
    every(counts)()
    return timed(every(counts), lambda: generate_latest(registry))


SUBJECTS = {
    **{f"render-{one // 1000}k": partial(compare, Counters, one) for one in (1_000, 10_000, 100_000)},
    **{f"render-histograms-{one // 1000}k": partial(compare, Durations, one) for one in (1_000, 10_000)},
}
