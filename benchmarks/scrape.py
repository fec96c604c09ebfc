"""What a scrape costs with four live workers of 1,000 series each, all of which have counted since the last.

The minimum adds what four workers have, series by series, and joins it with text that is ready. It knows one
metric, and nothing of series that only some workers have, of the dead, or of what happens while it reads.

The workers of mcp_perf and of prometheus_client are in the process that scrapes: several monitors with one
`worker_dir`, several values of prometheus_client's multi-process mode with a number of their own each. To a
scrape they are files like those of other processes. Dead workers were processes, which were killed.
"""

from __future__ import annotations

import atexit
import os
import signal
import tempfile
import time
from array import array
from collections.abc import Callable
from functools import cache, partial
from operator import add

from measure import BARE, MINIMUM, OURS, Subject, Variant
from minimum import BOUNDS
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, metrics
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import MultiProcessValue
from work import Work

from mcp_perf import PerformanceMonitor

WORKERS, SERIES, DEAD = 4, 1000, 256
NAMES = ("method", "route", "status")
LABELS = [("GET", f"/users/{{uid}}/{number}", "200") for number in range(SERIES)]
TWICE = 2.0

Count = Callable[[], object]


class Counters:
    """1,000 series of a counter."""

    title = "1,000 counters in each of 4 workers"
    lines = ("jobs_total{%s} ",)
    counts = 1  # what a worker has counted in each series to begin with
    shown = "jobs_total"

    @staticmethod
    def of(monitor: PerformanceMonitor) -> list[Count]:
        """What counts in each series of a monitor."""
        counter = monitor.counter("jobs", "Jobs.", NAMES)
        return [counter.labels(*labels).inc for labels in LABELS]

    @staticmethod
    def of_theirs(registry: CollectorRegistry) -> list[Count]:
        """The same in a registry of prometheus_client."""
        counter = Counter("jobs", "Jobs.", NAMES, registry=registry)
        return [counter.labels(*labels).inc for labels in LABELS]


class Durations:
    """1,000 series of durations from a millisecond to two seconds."""

    title = "1,000 histograms in each of 4 workers"
    lines = (
        *(f'jobs_bucket{{le="{bound}",%s}} ' for bound in (*BOUNDS, "+Inf")),
        "jobs_count{%s} ",
        "jobs_sum{%s} ",
    )
    seconds = tuple(0.001 * 1.3**number for number in range(30))
    counts = len(seconds)
    shown = "jobs_count"

    @classmethod
    def of(cls, monitor: PerformanceMonitor) -> list[Count]:
        """What observes in each series of a monitor."""
        return cls._observing(monitor.histogram("jobs", "Jobs.", NAMES))

    @classmethod
    def of_theirs(cls, registry: CollectorRegistry) -> list[Count]:
        """The same in a registry of prometheus_client."""
        return cls._observing(Histogram("jobs", "Jobs.", NAMES, registry=registry, buckets=BOUNDS))

    @classmethod
    def _observing(cls, histogram) -> list[Count]:
        return [partial(cls._observe, histogram.labels(*labels).observe, []) for labels in LABELS]

    @classmethod
    def _observe(cls, observe, done) -> None:
        for seconds in cls.seconds if not done else (0.02,):
            observe(seconds)
        done.append(None)


def compare(kind) -> Subject:
    temporary()  # where all of them are: made here, in the process that takes it away
    variants = {
        BARE: Variant(lambda: timed(every([]), bytes)),
        MINIMUM: Variant(lambda: by_hand(kind)),
        OURS: Variant(lambda: ours(kind, temporary(), 0), target=TWICE),
        "mcp_perf, 5 % of it new": Variant(lambda: ours(kind, temporary(), 0, step=20)),
        f"mcp_perf, after {DEAD} dead": after_the_dead(kind, ours, our_worker, target=TWICE),
        "prometheus_client": Variant(lambda: theirs(kind, temporary(), 0)),
    }
    if kind is Counters:  # with histograms it would take half a minute for each scrape
        name = f"prometheus_client, after {DEAD} dead"
        variants[name] = after_the_dead(kind, theirs, their_worker)
    return Subject(f"A scrape of {kind.title}", variants)


def timed(count: Count, scrape: Callable[[], bytes]) -> Work:
    """The work of scraping, each time after something has counted, which is not timed."""

    def work(times: int) -> float:
        spent = 0.0
        for _ in range(times):
            count()
            start = time.process_time()
            scrape()
            spent += time.process_time() - start
        return spent

    return work


def every(counts: list[Count]) -> Count:
    def count():
        for one in counts:
            one()

    return count


def by_hand(kind) -> Work:
    pairs = (",".join(map('{}="{}"'.format, NAMES, labels)) for labels in LABELS)
    texts = ["\n" + line % labels for labels in pairs for line in kind.lines]
    workers = [array("d", range(len(texts))) for _ in range(WORKERS)]

    def count():
        for slots in workers:
            slots[:] = array("d", [value + 1.0 for value in slots])

    def scrape():
        added = map(add, map(add, workers[0], workers[1]), map(add, workers[2], workers[3]))
        return "".join([text + repr(value) for text, value in zip(texts, added, strict=True)]).encode()

    return timed(count, scrape)


def ours(kind, directory: str, dead: int, step: int = 1) -> Work:
    monitors = [PerformanceMonitor(registry=None, worker_dir=directory) for _ in range(WORKERS)]
    counts = [one for monitor in monitors for one in kind.of(monitor)]
    return checked(kind, dead, counts, step, lambda: monitors[0].render()[1])


def theirs(kind, directory: str, dead: int) -> Work:
    counts = [one for number in range(WORKERS) for one in their_series(kind, directory, -1 - number)]
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)
    return checked(kind, dead, counts, 1, lambda: generate_latest(registry))


def their_series(kind, directory: str, number: int) -> list[Count]:
    """The series of the worker `number`."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
    metrics.values.ValueClass = MultiProcessValue(lambda: number)
    return kind.of_theirs(CollectorRegistry())


def checked(kind, dead: int, counts: list[Count], step: int, scrape: Callable[[], bytes]) -> Work:
    """The work of scraping, once it is sure that all workers are there: one that loses some is fast."""
    every(counts)()
    line = next(line for line in scrape().decode().splitlines() if line.startswith(kind.shown + "{"))
    if float(line.rpartition(" ")[2]) < (WORKERS + dead) * kind.counts:
        raise RuntimeError(f"{WORKERS} live workers and {dead} dead ones have {line}")
    return timed(every(counts[::step]), scrape)


def after_the_dead(kind, live, die, target: float | None = None) -> Variant:
    """`live` where others have lived: they do so once, before all that is measured."""
    directory = temporary()

    def make() -> Work:
        return live(kind, directory, DEAD)

    for number in range(DEAD):
        killed(lambda number=number: die(kind, directory, number))
    return Variant(make, target=target)


def our_worker(kind, directory: str, number: int) -> None:
    every(kind.of(PerformanceMonitor(registry=None, worker_dir=directory)))()


def their_worker(kind, directory: str, number: int) -> None:
    every(their_series(kind, directory, number))()


def killed(work: Callable[[], object]) -> None:
    """A process that works, and is killed when it has."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def temporary() -> str:
    """A directory that goes when the benchmark ends."""
    return tempfile.mkdtemp(dir=_place())


@cache
def _place() -> str:
    place = tempfile.TemporaryDirectory(prefix="scrape")
    atexit.register(place.cleanup)
    return place.name


SUBJECTS = {
    "scrape-counters": lambda: compare(Counters),
    "scrape-histograms": lambda: compare(Durations),
}
