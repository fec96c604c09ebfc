"""Interleaving: a process for each variant, all on one CPU, one at a time."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from measure import Samples, Variant
from work import Work

SLICE_SECONDS = 0.001
GENERATIONS = 12
WARM_UP_SECONDS = 0.2

_context = multiprocessing.get_context("fork")


def interleave(
    variants: Mapping[str, Variant],
    rounds: int,
    generations: int = GENERATIONS,
    slice_seconds: float = SLICE_SECONDS,
) -> Samples:
    """The seconds that each of `variants` took for one time, in that many rounds by generation.

    Each works for about `slice_seconds` in its turn.
    """
    samples: dict[str, list[list[float]]] = {name: [] for name in variants}
    for _ in range(generations):
        for rows in samples.values():
            rows.append([])
        with processes(variants, _serve) as pipes:
            times = {name: max(round(slice_seconds / pipe.recv()), 1) for name, pipe in pipes.items()}
            for turn in range(max(rounds // generations, 1)):
                for name in beginning_with(turn, list(pipes)):
                    pipes[name].send(times[name])
                    samples[name][-1].append(pipes[name].recv() / times[name])
    return samples


def beginning_with(turn: int, names: list[str]) -> list[str]:
    """`names`, each first in its turn."""
    first = turn % len(names)
    return names[first:] + names[:first]


@contextmanager
def processes(variants: Mapping[str, Variant], serve: Callable[[Callable[[], Any], Connection], None]):
    """A process for each variant, which serves what it makes; gives the pipes to them."""
    pipes, started = {}, []
    try:
        for name, variant in variants.items():
            pipes[name], its = _context.Pipe()
            process = _context.Process(target=serve, args=(variant.make, its), daemon=True)
            process.start()
            its.close()
            started.append(process)
        yield pipes
    finally:
        for process in started:
            process.terminate()
            process.join()


def _serve(make: Callable[[], Work], pipe: Connection) -> None:
    """Do as much work as is asked for, until the end."""
    # Each process is measured by itself here: nothing to warn of.
    logging.getLogger("mcp_perf").setLevel(logging.ERROR)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    work = make()
    pipe.send(_warm(work))
    gc.collect()
    gc.freeze()
    gc.disable()
    while True:
        pipe.send(work(pipe.recv()))
        gc.collect()


def _warm(work: Work) -> float:
    """Run for a while, and tell how long one time takes."""
    count, took, spent = 1, 0.0, 0.0
    while spent < WARM_UP_SECONDS:
        took = work(count)
        spent += took
        if took < SLICE_SECONDS / 2:
            count *= 2
    return took / count
