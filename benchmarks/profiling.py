"""What a profile takes of a service's throughput, and of a core: ``python benchmarks/profiling.py``.

One thread serves requests of a framework in a circle, as a worker does that has no rest. Windows in which it
is profiled take turns with others in which it is not; each pair begins with another one of the two. What is
lost is the median over the pairs. By processor time, all that the process has spent counts, the sampler's
too, and what other processes take does not; by the clock on the wall, what it costs to have the interpreter
change hands counts as well, and so does whatever else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import threading
import time
from collections.abc import Callable
from statistics import median

import server
from applications import fastapi_app, flask_app

from mcp_perf import PerformanceMonitor
from mcp_perf.access import networks
from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware
from mcp_perf.adapters.flask import PerformanceMonitoring
from mcp_perf.profiling import Options

WINDOW = 0.85  # seconds, within a profile of a whole one


def monitor() -> PerformanceMonitor:
    return PerformanceMonitor(registry=None, access={"profile": networks("127.0.0.1")})


def flask(watched: PerformanceMonitor):
    app = flask_app()
    PerformanceMonitoring(app, watched)
    return server.wsgi(app)


def fastapi(watched: PerformanceMonitor):
    return server.asgi(fastapi_app((PerformanceMonitoringMiddleware, {"monitor": watched})))


def window(work) -> tuple[float, float]:
    """Requests by second of the process's time, and by second on the wall."""
    begun, spent, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < WINDOW:
        work(20)
        done += 20
    return done / (time.process_time() - spent), done / (time.perf_counter() - begun)


def profiled(work, watched: PerformanceMonitor, options: Options):
    """The same while a profile is taken, and that."""
    found = []
    taking = threading.Thread(target=lambda: found.append(watched.profiler.take(options)))
    taking.start()
    time.sleep(0.1)
    rates = window(work)
    taking.join()
    return rates, found[0]


def throughput(name: str, make: Callable, options: Options, rounds: int) -> None:
    watched = monitor()
    work = make(watched)
    work(200)
    lost, walls, looks, spent = [], [], [], []
    for number in range(rounds):
        pair = {}
        for kind in ("off", "on") if number % 2 else ("on", "off"):
            if kind == "off":
                pair[kind] = window(work)
            else:
                pair[kind], profile = profiled(work, watched, options)
                looks.append(profile.rate)
                spent.append(profile.spent / profile.seconds)
        lost.append(1 - pair["on"][0] / pair["off"][0])
        walls.append(1 - pair["on"][1] / pair["off"][1])
    numbers = [median(lost), median(walls), median(spent)]
    print(
        f"{name:44}" + "".join(f"{100 * one:9.2f} %" for one in numbers) + f"{median(looks):9.1f}", flush=True
    )


def deep(depth: int, wait: Callable[[], object]) -> None:
    if depth:
        deep(depth - 1, wait)
    else:
        wait()


def alone(threads: int, tasks: int, options: Options) -> None:
    """The share of a core that the sampler takes beside threads and tasks that wait."""
    watched, over = monitor(), threading.Event()
    for _ in range(threads):
        threading.Thread(target=deep, args=(30, over.wait), daemon=True).start()

    async def main():
        waiting = [asyncio.create_task(asyncio.sleep(100)) for _ in range(tasks)]
        profile = await watched.profiler.take_async(options)
        for task in waiting:
            task.cancel()
        return profile

    profile = asyncio.run(main())
    over.set()
    share = 100 * profile.spent / profile.seconds
    rates = f"{profile.rate:9.1f}{profile.task_looks / profile.seconds:9.1f}"
    print(
        f"{threads:5} threads, {tasks:6} tasks, idle={int(options.with_idle)}{share:9.2f} %{rates}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a profile costs.")
    parser.add_argument(
        "names", nargs="*", metavar="name", help="flask, fastapi, waiting; all if none is given"
    )
    parser.add_argument("--rounds", type=int, default=20, help="pairs of windows, 20 if not given")
    parser.add_argument("--one", action="store_true", help="on one core, which the sampler has to share")
    arguments = parser.parse_args()
    rounds, names = arguments.rounds, arguments.names or ["flask", "fastapi", "waiting"]
    if arguments.one:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cores = len(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {cores} cores, {rounds} pairs")
    print(f"{'':44}{'of CPU':>11}{'of wall':>11}{'sampler':>11}{'looks/s':>9}")
    for options in (Options(seconds=1), Options(seconds=1, idle=True), Options(seconds=1, hz=250)):
        how = f"{options.hz} Hz{', with what waits' if options.with_idle else ''}"
        for name, make in (("flask", flask), ("fastapi", fastapi)):
            if name in names:
                throughput(f"{name}, {how}", make, options, rounds)
    if "waiting" not in names:
        return
    print(f"{'beside what waits':34}{'sampler':>11}{'looks/s':>9}{'at tasks':>9}")
    for threads, tasks in ((1, 0), (10, 0), (100, 0), (1, 100), (1, 10_000)):
        for idle in (False, True):
            alone(threads, tasks, Options(seconds=3, idle=idle))


if __name__ == "__main__":
    main()
