"""``python benchmarks/heartbeat.py [name ...]``: how late an event loop is that answers scrapes.

A heart beats each millisecond in the loop, from the moment of a scrape to its answer. How late a beat is is
what a request has to wait that comes then; beats that the loop has missed count, each from when it was due.
Before each scrape all series have counted, or 5 % of them, while the heart stands still. The scrape is
Prometheus's, straight into the ASGI app, whose answer goes nowhere.

Each variant has a process of its own, not bound to a CPU: its garbage collector is on, and what else the
machine does makes an idle loop late too. The variants take turns, as in `measure`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import platform
import selectors
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from statistics import median, quantiles

import server
from interleaving import beginning_with, processes
from measure import Variant
from prometheus_client import CollectorRegistry, make_asgi_app
from scrape import temporary
from series import Count, Counters, Durations, every, labelled

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters.asgi import metrics_app

BEAT = 0.001  # seconds
IDLE = 1.0  # seconds that an idle loop is looked at in a round
HEADERS = [
    (
        b"accept",
        b"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
        b"text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    ),
    (b"accept-encoding", b"gzip"),
    (b"x-prometheus-scrape-timeout-seconds", b"60"),
]

# Gives the seconds by which each beat was late during one scrape.
Round = Callable[[], list[float]]


def compare(kind, number: int) -> tuple[str, Mapping[str, Variant]]:
    temporary()  # where all of them are: made here, in the process that takes it away
    series = labelled(number)

    def ours(step: int, **settings) -> Round:
        monitor = PerformanceMonitor(registry=None, max_series=number + 1, **settings)
        return scraped(metrics_app(monitor), kind.of(monitor, series), step)

    def theirs() -> Round:
        registry = CollectorRegistry()
        return scraped(make_asgi_app(registry), kind.of_theirs(registry, series), 1)

    return f"{number:,} {kind.name}", {
        "idle": Variant(idle),
        "mcp_perf": Variant(lambda: ours(1)),
        "mcp_perf, 5 % of it new": Variant(lambda: ours(20)),
        "mcp_perf, worker_dir": Variant(lambda: ours(1, worker_dir=temporary())),
        "prometheus_client": Variant(theirs),
    }


def idle() -> Round:
    loop = event_loop()
    return lambda: loop.run_until_complete(beaten(asyncio.sleep(IDLE)))


def scraped(app, counts: list[Count], step: int) -> Round:
    loop = event_loop()
    scope = {**server.scope("/metrics"), "headers": HEADERS}
    count = every(counts[::step])
    sizes: list[int] = []

    async def send(message):
        sizes.append(len(message.get("body", b"")))

    def beats() -> list[float]:
        count()
        sizes.clear()
        found = loop.run_until_complete(beaten(app(scope.copy(), server.an_empty_body(), send)))
        if sum(sizes) < len(counts):
            raise RuntimeError(f"{len(counts)} series were answered with {sum(sizes)} bytes")
        return found

    every(counts)()
    beats()
    return beats


def event_loop() -> asyncio.AbstractEventLoop:
    # epoll waits for whole milliseconds.
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def beaten(work: Awaitable[object]) -> list[float]:
    """How late each beat was until the work was done."""
    late: list[float] = []
    due = time.perf_counter() + BEAT
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.sleep(due - time.perf_counter())
        now = time.perf_counter()
        while due <= now:
            late.append(now - due)
            due += BEAT
    await task
    return late


def serve(make: Callable[[], Round], pipe: Connection) -> None:
    logging.getLogger("mcp_perf").setLevel(logging.ERROR)
    beats = make()
    while pipe.recv():
        pipe.send(beats())


def measured(variants: Mapping[str, Variant], rounds: int) -> dict[str, list[list[float]]]:
    """How late the beats of each round were, by variant."""
    late: dict[str, list[list[float]]] = {name: [] for name in variants}
    with processes(variants, serve) as pipes:
        for turn in range(rounds):
            for name in beginning_with(turn, list(pipes)):
                pipes[name].send(True)
                late[name].append(pipes[name].recv())
    return late


def report(late: Mapping[str, list[list[float]]]) -> None:
    for name, rounds in late.items():
        beats = [one for beats in rounds for one in beats]
        cuts = quantiles(beats, n=100, method="inclusive")
        figures = [cuts[49], cuts[94], cuts[98], max(beats), median(map(len, rounds)) * BEAT]
        print(f"  {name:30}" + "".join(f"{figure * 1e3:11.2f}" for figure in figures), flush=True)


SUBJECTS = {
    "counters": partial(compare, Counters, 100_000),
    "histograms": partial(compare, Durations, 10_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how late an event loop is that answers scrapes.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(SUBJECTS))
    parser.add_argument("--rounds", type=int, default=5, help="scrapes of each variant, 5 if not given")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(SUBJECTS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(SUBJECTS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {arguments.rounds} rounds, ms late")
    print(f"{'':32}{'median':>11}{'95 %':>11}{'99 %':>11}{'most':>11}{'a scrape':>11}")
    for name in arguments.names or SUBJECTS:
        title, variants = SUBJECTS[name]()
        print(title)
        report(measured(variants, arguments.rounds))


if __name__ == "__main__":
    main()
