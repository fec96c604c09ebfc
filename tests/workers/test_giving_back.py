"""Runs of series that have left are given back; where that fails nothing counts twice, and scrapes go on."""

from __future__ import annotations

import errno

import pytest
from support.readings import FakeClock, samples, value
from support.workers import Worker

RETENTION = 60
GRACE = 6  # more than what is written late has


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def monitor(worker, clock):
    """A monitor whose series have left, and are about to be given back."""
    monitor = worker(retention=RETENTION, clock=clock.clock)
    for name in range(5):
        monitor.counter("jobs", "Jobs.", ["name"]).labels(name).inc(7)
    assert 5 == len(samples(monitor, "jobs_total"))
    clock.advance(RETENTION + 1)
    assert {} == samples(monitor, "jobs_total")
    clock.advance(GRACE)
    return monitor


def no_space(*_):
    raise OSError(errno.ENOSPC, "no space left")


@pytest.mark.parametrize("method", ["IndexWriter.free", "IndexWriter.begin_with"])
def test_what_cannot_be_given_back_stays_gone(monitor, monkeypatch, method) -> None:
    """Series that have left stay gone while their worker's index finds no room, and afterwards."""
    monkeypatch.setattr("mcp_perf.workers.files.index._LONG", 0)
    with monkeypatch.context() as patch:
        patch.setattr(f"mcp_perf.workers.files.index.{method}", no_space)
        for _ in range(3):
            assert {} == samples(monitor, "jobs_total")
        monitor.counter("jobs", "Jobs.", ["name"]).remove("1")
        monitor.counter("jobs", "Jobs.", ["name"]).labels(1).inc()
        assert {1.0} == set(samples(monitor, "jobs_total").values())
    for _ in range(2):
        assert {1.0} == set(samples(monitor, "jobs_total").values())


def test_room_is_had_again(monitor, monkeypatch, tmp_path) -> None:
    """Once there is room, what could not be given back is used again: the files do not grow."""
    with monkeypatch.context() as patch:
        patch.setattr("mcp_perf.workers.files.index.IndexWriter.free", no_space)
        samples(monitor)
    samples(monitor)

    assert 5 == sum(path.read_text().count('["free"') for path in (tmp_path / "workers/mcp").glob("*.index"))


def test_reading_that_failed_is_no_ground_for_change(worker, clock, monkeypatch, tmp_path) -> None:
    """Series that leave in a scrape that could not look at the workers take nothing along that was folded."""
    first = worker(retention=RETENTION, clock=clock.clock)
    first.counter("jobs", "Jobs.", ["kind"]).labels("idle").inc()
    samples(first)
    clock.advance(RETENTION + 1)
    with Worker(tmp_path / "workers") as dead:
        dead.use(counters={"a": 5})
    second = worker()
    assert 5.0 == value(second, "jobs_total", kind="a")
    with monkeypatch.context() as patch:
        patch.setattr("mcp_perf.workers.crew.listed", no_space)
        samples(first)

    for one in (first, second):
        assert 5.0 == value(one, "jobs_total", kind="a")


def test_worker_that_nobody_scrapes_has_room_again(worker, clock) -> None:
    """Series that have left make room for others in a worker that counts only, and in its siblings."""
    silent, scraped, other = (worker(retention=RETENTION, max_series=5, clock=clock.clock) for _ in range(3))
    for generation in range(3):
        for number in range(5):
            silent.counter("jobs", "Jobs.", ["name"]).labels(f"{generation}-{number}").inc()
        assert 5 == len(samples(scraped, "jobs_total"))
        clock.advance(RETENTION + 1)
        assert {} == samples(scraped, "jobs_total")
    for number in range(5):
        other.counter("jobs", "Jobs.", ["name"]).labels(number).inc()

    assert {str(number) for number in range(5)} == {
        dict(labels)["name"] for _, labels in samples(scraped, "jobs_total")
    }
