"""Months of churn with several workers: files and memory stay as they are."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from support.readings import FakeClock, samples

from mcp_perf import PerformanceMonitor

pytestmark = pytest.mark.long

DAY = 86_400


@pytest.mark.usefixtures("short_memory")
def test_files_and_memory_are_flat_under_months_of_churn(tmp_path) -> None:
    """With new names every day and old ones gone, later months take no more room than the second."""
    clock = FakeClock()
    workers = [
        PerformanceMonitor(registry=None, worker_dir=tmp_path / "workers", clock=clock.clock, retention=DAY)
        for _ in range(2)
    ]

    def month(number):
        for day in range(10):
            for name in range(10):
                for worker in workers:
                    worker.counter("jobs", "Jobs.", ["kind"]).labels(f"{number}/{day}/{name}").inc()
                    worker.histogram("sizes", "Sizes.", ["kind"]).labels(f"{number}/{day}/{name}").observe(1)
            found = [samples(worker, "jobs_total") for worker in workers]
            assert found[0] == found[1]
            assert {f"{number}/{day}/{name}" for name in range(10)} == {
                dict(key)["kind"] for _, key in found[0]
            }
            assert {2.0} == set(found[0].values())
            clock.advance(DAY)

    def size():
        gc.collect()
        files = sum(path.stat().st_size for path in (tmp_path / "workers" / "mcp").iterdir())
        return files, tracemalloc.get_traced_memory()[0]

    month(0)
    tracemalloc.start()
    month(1)
    files, memory = size()
    for number in range(2, 8):
        month(number)
    later_files, later_memory = size()
    tracemalloc.stop()

    assert later_files < files + 100_000
    assert later_memory < memory + 200_000


@pytest.fixture
def short_memory(monkeypatch):
    """An index is renewed, and resets are forgotten, much earlier than they have to be."""
    monkeypatch.setattr("mcp_perf.workers.files.draft._RESETS", 50)
    monkeypatch.setattr("mcp_perf.workers.files.index._LONG", 5_000)
