"""``python benchmarks/history.py [--series N] [--steps N]``: what keeping history costs, and reading it.

All series are label sets of ``mcp_http_requests``, each counter, histogram and grid in one; in each step of
five seconds, on a clock of its own, a share of them has three more durations. What is told is processor time,
what the segments take, and what the process has more of the machine's memory than before the first step.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import random
import tempfile
import time
from statistics import median

from memory import resident

from mcp_perf import PerformanceMonitor, catalogue
from mcp_perf.history.history import History
from mcp_perf.history.recorder import Recorder
from mcp_perf.history.segments import FileStore
from mcp_perf.resolutions import resolutions_of
from mcp_perf.storage.records import observer
from mcp_perf.summary import points, summarise
from mcp_perf.timing import Clock

POLICY = "5s:10m, 1m:6h"
STEP = 5.0
WINDOWS = (60, 600, 3600)


class _Home:
    def __init__(self, store: FileStore) -> None:
        self._store = store

    def store(self) -> FileStore:
        return self._store


class Service:
    """A monitor with so many series, and its history in a directory."""

    def __init__(self, series: int, directory: str) -> None:
        self.now = 1e9
        clock = Clock(wall=lambda: self.now)
        self.monitor = PerformanceMonitor(registry=None, max_series=2 * series, clock=clock, history="off")
        family = self.monitor.family(catalogue.HTTP_REQUESTS)
        found = [family.labels("GET", f"/route/{number}", "200") for number in range(series)]
        self._observe = [observer(one.slots, family.grid) for one in found]
        self.count(1.0, 30)
        self.store = FileStore(os.open(directory, os.O_RDONLY), "history")
        resolutions = resolutions_of("history", POLICY)
        self._recorder = Recorder(self.store, resolutions, self.monitor.snapshot, self.now, lambda: self.now)
        self.history = History(_Home(self.store), resolutions)

    def count(self, share: float, times: int) -> None:
        for observe in random.sample(self._observe, int(len(self._observe) * share)):
            for _ in range(times):
                observe(random.lognormvariate(-4, 1))

    def step(self) -> None:
        self.now += STEP
        self._recorder.step()


def took(work) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what history costs.")
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=130)
    arguments = parser.parse_args()
    for share in (0.0, 0.05, 1.0):
        with tempfile.TemporaryDirectory() as directory:
            # In a process of its own, which has had no memory before.
            given = arguments.series, arguments.steps, share, directory
            process = multiprocessing.get_context("spawn").Process(target=measure, args=given)
            process.start()
            process.join()


def measure(series: int, steps: int, share: float, directory: str) -> None:
    random.seed(1)
    service = Service(series, directory)
    gc.collect()
    before = resident()
    spent = []
    for _ in range(steps):
        service.count(share, 3)
        spent.append(took(service.step))
    size = sum(service.store.sizes().values())
    print(f"{series:,} series, {share:.0%} of which have changed in each of {steps} steps")
    print(f"  a step              {median(spent):8.1f} ms, at most {max(spent):.1f}")
    print(f"  files               {size / 1e6:8.1f} MB")
    print(f"  memory              {(resident() - before) / 1e6:8.1f} MB")
    for seconds in WINDOWS:
        window = took(lambda seconds=seconds: read(service, seconds))
        first, again = (took(lambda seconds=seconds: plot(service, seconds)) for _ in range(2))
        plots = f"{first:.1f} ms for plots, {again:.1f} again"
        print(f"  of {seconds:>5} s          {window:8.1f} ms a summary, {plots}")


def read(service: Service, seconds: int) -> None:
    window = service.history.window(seconds, service.now)
    summarise(service.monitor.snapshot(), 100, window=window)


def plot(service: Service, seconds: int) -> None:
    points(service.history, seconds, None, service.now)


if __name__ == "__main__":
    main()
