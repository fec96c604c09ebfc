"""Ten thousand workers have lived: what they have counted is there, and nothing else of them."""

from __future__ import annotations

import time
from statistics import median

import pytest
from support.readings import value

from mcp_perf import PerformanceMonitor

pytestmark = pytest.mark.long

LIVES = 10_000


def lived(directory, number):
    """A worker that counts and dies."""
    monitor = PerformanceMonitor(registry=None, worker_dir=directory)
    monitor.counter("jobs", "Jobs.", ["kind"]).labels(number % 10).inc()
    monitor.gauge("level", "Level.").set(number)
    # What the system does with a process that has died: its descriptors and locks go, its files stay.
    monitor._store.team.forked()
    monitor._store.registry.forked()


def took(monitor):
    """How long a scrape takes, in seconds."""
    took = []
    for _ in range(30):
        start = time.perf_counter()
        monitor.render()
        took.append(time.perf_counter() - start)
    return median(took)


def test_directory_and_scrape_are_as_with_the_first_four(tmp_path) -> None:
    """With a scrape in between or without, the directory holds the living; a scrape costs what they do."""
    directory = tmp_path / "workers"
    monitor = PerformanceMonitor(registry=None, worker_dir=directory)
    for number in range(4):
        lived(directory, number)
    monitor.snapshot(), monitor.snapshot()
    files = sorted(path.name.rpartition(".")[2] for path in (directory / "mcp").iterdir())
    before = took(monitor)
    for number in range(4, LIVES):
        lived(directory, number)
        if number % 1000 == 0:
            assert len(list((directory / "mcp").iterdir())) < 20  # without a scrape
    monitor.snapshot(), monitor.snapshot()

    assert LIVES / 10 == value(monitor, "jobs_total", kind="3")
    assert None is value(monitor, "level")
    assert files == sorted(path.name.rpartition(".")[2] for path in (directory / "mcp").iterdir())
    assert took(monitor) < 3 * before
