"""``python benchmarks/memory.py [name ...]``: what a label set takes in memory, once it has been rendered.

Two figures, since neither says it all: what the process has more of the machine's memory (its resident set:
with files that are mapped, and with what the allocator cannot give back after a rendering), and what Python's
allocator has given out and not got back (`tracemalloc`: exact and the same in every run, without either).
Each is taken in a process of its own, which has rendered some label sets before, and then renders many. Of
what an application may keep, such as handles or the answer, nothing is kept. Label values are new strings.
"""

from __future__ import annotations

import argparse
import gc
import logging
import multiprocessing
import os
import platform
import tempfile
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

from minimum import BOUNDS
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from series import NAMES, Durations, Labels

from mcp_perf import PerformanceMonitor, catalogue

TARGET = 0.5
TOP = 12
THEIRS = "prometheus_client"


class Side(NamedTuple):
    """What records a label set, and what renders all of them."""

    record: Callable[[Labels], None]
    render: Callable[[], object]


def counter(**settings) -> Side:
    monitor = PerformanceMonitor(registry=None, **settings)
    jobs = monitor.counter("jobs", "Jobs.", NAMES)
    return Side(lambda labels: jobs.labels(*labels).inc(), monitor.render)


def histogram(**settings) -> Side:
    monitor = PerformanceMonitor(registry=None, **settings)
    jobs = monitor.histogram("jobs", "Jobs.", NAMES)
    return Side(lambda labels: observe_all(jobs.labels(*labels)), monitor.render)


def requests(**settings) -> Side:
    monitor = PerformanceMonitor(registry=None, **settings)
    family = monitor.family(catalogue.HTTP_REQUESTS)
    return Side(lambda labels: observe_all(family.labels(*labels)), monitor.render)


def their_counter() -> Side:
    registry = CollectorRegistry()
    jobs = Counter("jobs", "Jobs.", NAMES, registry=registry)
    return Side(lambda labels: jobs.labels(*labels).inc(), lambda: generate_latest(registry))


def their_histogram() -> Side:
    registry = CollectorRegistry()
    jobs = Histogram("jobs", "Jobs.", NAMES, registry=registry, buckets=BOUNDS)
    return Side(lambda labels: observe_all(jobs.labels(*labels)), lambda: generate_latest(registry))


def their_requests() -> Side:
    registry = CollectorRegistry()
    number = Counter("requests", "Requests.", NAMES, registry=registry)
    took = Histogram("request_seconds", "Durations.", NAMES, registry=registry, buckets=BOUNDS)

    def record(labels: Labels) -> None:
        number.labels(*labels).inc(Durations.counts)
        observe_all(took.labels(*labels))

    return Side(record, lambda: generate_latest(registry))


def observe_all(series) -> None:
    for seconds in Durations.seconds:
        series.observe(seconds)


SUBJECTS = {
    "counter": (counter, their_counter),
    "histogram": (histogram, their_histogram),
    "requests": (requests, their_requests),  # a counter and a histogram
}


def sides(name: str, number: int, directory: str) -> dict[str, Callable[[], Side]]:
    ours, theirs = SUBJECTS[name]
    cap = number + 10
    return {
        THEIRS: theirs,
        "mcp_perf": lambda: ours(max_series=cap),
        "mcp_perf, worker_dir": lambda: ours(max_series=cap, worker_dir=directory),
    }


def grown(side: Side, number: int, size: Callable[[], int]) -> float:
    """The bytes that each of so many label sets takes."""
    fill(side, 0, 10)
    gc.collect()
    before = size()
    fill(side, 10, number)
    gc.collect()
    return (size() - before) / number


def fill(side: Side, first: int, number: int) -> None:
    for one in range(first, first + number):
        side.record(("GET", f"/users/{{uid}}/{one}", "200"))
    side.render()


def resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def by_resident_set(side: Side, number: int) -> float:
    return grown(side, number, resident)


def by_allocations(side: Side, number: int) -> float:
    tracemalloc.start()
    return grown(side, number, lambda: tracemalloc.get_traced_memory()[0])


def by_line(side: Side, number: int) -> list[tuple[float, str]]:
    """The bytes of each label set by the line that has asked for them, most first."""
    tracemalloc.start()
    fill(side, 0, 10)
    gc.collect()
    before = tracemalloc.take_snapshot()
    fill(side, 10, number)
    gc.collect()
    found = tracemalloc.take_snapshot().compare_to(before, "lineno")
    return [(one.size_diff / number, str(one.traceback)) for one in found[:TOP]]


def apart(measure: Callable, name: str, side: str, number: int):
    """What `measure` gives in a process that has nothing else."""
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_serve, args=(measure, name, side, number, its))
    process.start()
    its.close()
    try:
        return ours.recv()
    finally:
        process.join()


def _serve(measure: Callable, name: str, side: str, number: int, pipe) -> None:
    logging.getLogger("mcp_perf").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="memory") as directory:
        pipe.send(measure(sides(name, number, directory)[side](), number))


def report(name: str, number: int, lines: bool) -> None:
    print(f"{name}, {number:,} label sets")
    bytes_of: dict[str, list[float]] = {}
    for side in sides(name, number, ""):
        measures = (by_resident_set, by_allocations)
        bytes_of[side] = [apart(measure, name, side, number) for measure in measures]
        line = f"  {side:30}"
        for own, its in zip(bytes_of[side], bytes_of[THEIRS], strict=True):
            line += f"{own:10,.0f} {own / its:6.2f}"
        if side != THEIRS:
            ratio = max(own / its for own, its in zip(bytes_of[side], bytes_of[THEIRS], strict=True))
            line += f"  at most {TARGET}: {'PASS' if ratio <= TARGET else 'over'}"
        print(line, flush=True)
        for size, where in apart(by_line, name, side, number) if lines else ():
            print(f"    {size:10,.1f}  {where}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a label set takes in memory.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(SUBJECTS))
    parser.add_argument("--series", type=int, default=20_000, help="label sets, 20000 if not given")
    parser.add_argument("--lines", action="store_true", help="show the lines that have asked for most")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(SUBJECTS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(SUBJECTS)}")
    print(f"Python {platform.python_version()}, bytes of a label set")
    print(f"{'':32}{'resident':>10} {'ratio':>6}{'allocated':>10} {'ratio':>6}")
    for name in arguments.names or SUBJECTS:
        report(name, arguments.series, arguments.lines)


if __name__ == "__main__":
    main()
