"""What the operating system says of the processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..registry.snapshot import WorkerReading
from .numbers import added, number

# What processes take, and take more of together.
_ADDED = {"cpu_seconds", "open_fds", "resident_memory_bytes", "threads", "virtual_memory_bytes"}


def processes(workers: Sequence[WorkerReading]) -> dict[str, Any]:
    """What all workers take together, and each by itself; `pid` is that of the one that answers."""
    each = [{key: number(value) for key, value in worker.process.items()} for worker in workers]
    totals = dict(each[0]) if each else {}
    for key in _ADDED & totals.keys():
        totals[key] = added(worker.process.get(key, 0.0) for worker in workers)
    return {**totals, "workers": each}
