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
from functools import cache
from operator import add

from measure import BARE, MINIMUM, OURS, Subject, Variant
from prometheus_client import CollectorRegistry, generate_latest, metrics
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import MultiProcessValue
from series import Count, Counters, Durations, GrownCounters, every, labelled, texts
from work import Work

from mcp_perf import PerformanceMonitor

WORKERS, SERIES, DEAD = 4, 1000, 256
LABELS = labelled(SERIES)
TWICE = 2.0


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
    if kind is Counters:
        variants["mcp_perf, 100,000 counted in each"] = Variant(
            lambda: ours(GrownCounters, temporary(), 0), target=TWICE
        )
        # With histograms it would take half a minute for each scrape.
        name = f"prometheus_client, after {DEAD} dead"
        variants[name] = after_the_dead(kind, theirs, their_worker)
    return Subject(f"A scrape of {SERIES:,} {kind.name} in each of {WORKERS} workers", variants)


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


def by_hand(kind) -> Work:
    ready = ["\n" + text for text in texts(kind, LABELS)]
    workers = [array("d", range(len(ready))) for _ in range(WORKERS)]

    def count():
        for slots in workers:
            slots[:] = array("d", [value + 1.0 for value in slots])

    def scrape():
        added = map(add, map(add, workers[0], workers[1]), map(add, workers[2], workers[3]))
        return "".join([text + repr(value) for text, value in zip(ready, added, strict=True)]).encode()

    return timed(count, scrape)


def ours(kind, directory: str, dead: int, step: int = 1) -> Work:
    monitors = [PerformanceMonitor(registry=None, worker_dir=directory) for _ in range(WORKERS)]
    counts = [one for monitor in monitors for one in kind.of(monitor, LABELS)]
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
    return kind.of_theirs(CollectorRegistry(), LABELS)


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
    every(kind.of(PerformanceMonitor(registry=None, worker_dir=directory), LABELS))()


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
