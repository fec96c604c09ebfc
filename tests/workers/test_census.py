"""The cap on series is for all workers together, as a scrape shows them."""

from __future__ import annotations

import os

import pytest
from support.readings import FakeClock, samples, total, value
from support.workers import Worker

from mcp_perf import PerformanceMonitor

MOST = 10


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "workers"


@pytest.fixture
def worker(directory, clock):
    """Makes monitors that are siblings."""

    def make(**settings):
        return PerformanceMonitor(
            registry=None, worker_dir=directory, **{"max_series": MOST, "clock": clock.clock, **settings}
        )

    return make


def count(monitor, *names):
    jobs = monitor.counter("jobs", "Jobs.", ["kind"])
    for name in names:
        jobs.labels(name).inc()


def kinds(monitor):
    return {dict(labels)["kind"]: number for (_, labels), number in samples(monitor, "jobs_total").items()}


def names(begin, end):
    return [f"n{number}" for number in range(begin, end)]


def test_series_of_all_workers_are_capped(worker) -> None:
    """Workers that each see names of their own show no more than one may; the rest is `_overflow`."""
    monitors = [worker() for _ in range(4)]
    for number in range(5):
        for place, monitor in enumerate(monitors):
            count(monitor, f"w{place}-{number}")

    found = kinds(monitors[0])
    assert MOST + 1 == len(found)
    assert 20.0 == sum(found.values())
    assert 10.0 == found["_overflow"]
    assert 10.0 == total(monitors[1], "mcp_monitor_overflowed_total")


def test_names_that_all_workers_know_count_once(worker) -> None:
    """Workers with the same names fill the cap once, and what a sibling has finds room in a full metric."""
    first, second = worker(), worker()
    count(first, *names(0, MOST))
    count(second, *names(0, MOST), "junk")
    count(first, "junk")

    assert {**dict.fromkeys(names(0, MOST), 2.0), "_overflow": 2.0} == kinds(second)


def test_series_of_the_dead_count(worker, directory) -> None:
    """What the dead have left in the sums takes room, before and after they are folded."""
    with Worker(directory, max_series=MOST) as other:
        other.use(counters=dict.fromkeys(names(0, 8), 1))
    monitor = worker()
    count(monitor, "a", "b")
    monitor.snapshot()
    count(monitor, "c", "n1")

    found = kinds(monitor)
    assert {*names(0, 8), "a", "b", "_overflow"} == set(found)
    assert 2.0 == found["n1"]


def test_room_that_is_made_is_used(worker, clock) -> None:
    """A series that leaves makes room: at once for its own worker, a second later for the others."""
    first, second = worker(), worker()
    count(first, *names(0, 5))
    count(second, *names(5, MOST), "none")
    second.counter("jobs", "Jobs.", ["kind"]).remove("n5")
    count(second, "own")
    count(first, "none")
    assert {"own", "_overflow"} <= set(kinds(first))
    assert 2.0 == kinds(first)["_overflow"]

    second.counter("jobs", "Jobs.", ["kind"]).remove("n6")
    clock.advance(6)
    second.snapshot()
    clock.advance(6)
    second.snapshot()
    count(first, "late")
    assert 1.0 == kinds(first)["late"]


def test_each_metric_has_its_own_cap(worker) -> None:
    """A metric that is full, with whatever label names, takes no room from another."""
    first, second = worker(), worker()
    count(first, *names(0, MOST))
    for number in range(MOST):
        second.counter("others", "Others.", ["kind"]).labels(number).inc()

    assert MOST == total(first, "others_total")
    assert None is value(first, "others_total", kind="_overflow")


def test_sibling_that_comes_later_is_known(worker) -> None:
    """A worker that has long been there knows what those have that came after it."""
    first = worker()
    count(first, "a")
    later = [worker() for _ in range(3)]
    for place, monitor in enumerate(later):
        count(monitor, *names(3 * place, 3 * place + 3))
    count(first, "b")

    assert {"a", *names(0, 9), "_overflow"} == set(kinds(first))


def test_index_that_is_renewed_is_followed(worker, clock, monkeypatch) -> None:
    """A sibling's index that was replaced by a shorter one tells what it has from then on."""
    monkeypatch.setattr("mcp_perf.workers.files.index._LONG", 1000)
    first, second, third = worker(max_series=1000), worker(max_series=1000), worker(max_series=3)
    count(second, "a")
    third.counter("others", "Others.", ["kind"]).labels("a").inc()
    jobs = first.counter("jobs", "Jobs.", ["kind"])
    for number in range(100):
        jobs.labels(number).inc()
        jobs.remove(str(number))
    for _ in range(2):
        first.snapshot()
        clock.advance(6)
    count(first, "x", "y")
    count(third, "z")

    assert {"a": 1.0, "x": 1.0, "y": 1.0, "_overflow": 1.0} == kinds(third)


def test_files_that_cannot_be_read_cost_nothing(worker, directory) -> None:
    """Whatever is in the directory, series are made, and counted."""
    monitor = worker()
    count(monitor, "a")
    place = directory / "mcp"
    (place / "archive").write_bytes(b"garbage")
    (place / "9-x.index").mkdir()
    (place / "8-x.index").write_bytes(os.urandom(1000))
    (place / "7-x.index").symlink_to("/etc/passwd")
    count(monitor, "b", "c")

    assert {"a": 1.0, "b": 1.0, "c": 1.0} == kinds(monitor)


def test_series_that_were_shown_stay_when_their_worker_dies(worker, directory) -> None:
    """A few series over the cap, as of workers that make them at once, are there after the fold too."""
    with Worker(directory, max_series=MOST + 2) as other:
        other.use(counters=dict.fromkeys(names(0, MOST + 2), 1))
    monitor = worker()
    for _ in range(2):
        assert dict.fromkeys(names(0, MOST + 2), 1.0) == kinds(monitor)


def test_cap_counts_series_that_go_on(worker) -> None:
    """Series that a sibling has removed, and that their worker goes on with, count for the cap again."""
    first, second = worker(max_series=5), worker(max_series=5)
    handles = [first.counter("jobs", "Jobs.", ["name"]).labels(f"old-{number}") for number in range(5)]
    for handle in handles:
        handle.inc()
    second.counter("jobs", "Jobs.", ["name"]).clear()
    for handle in handles:
        handle.inc()
    for number in range(5):
        second.counter("jobs", "Jobs.", ["name"]).labels(f"new-{number}").inc()

    assert 6 == len(samples(second, "jobs_total"))
