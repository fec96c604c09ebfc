"""A crash or a fault at any system call: nothing is counted twice and nothing is lost."""

from __future__ import annotations

import shutil

import pytest
from support.interruptions import ERRORS, KILLS, interrupted
from support.readings import FakeClock, samples, value
from support.workers import Worker

from mcp_perf import PerformanceMonitor

pytestmark = pytest.mark.long

EXPECTED = {"a": 11.0, "b": 22.0, "c": 1.0}


@pytest.fixture(scope="module")
def dead(tmp_path_factory):
    """A directory with the archive of one dead worker, and the files of two more."""
    directory = tmp_path_factory.mktemp("dead") / "workers"
    for orders in ([{"a": 1.0, "b": 2.0}], [{"a": 10.0}, {"c": 1.0, "b": 20.0}]):
        workers = [Worker(directory) for _ in orders]
        for worker, order in zip(workers, orders, strict=True):
            exemplars = {"took": [[0.3, {"order": repr(sorted(order))}]]}
            worker.use(counters=order, calls=3, gauge=5, exemplars=exemplars)
        for worker in workers:
            worker.__exit__()
        if len(orders) == 1:
            monitor(directory).snapshot()
    return directory


def monitor(directory, **settings):
    return PerformanceMonitor(registry=None, worker_dir=directory, **settings)


def jobs(one):
    return {dict(labels)["kind"]: number for (_, labels), number in samples(one, "jobs_total").items()}


def exemplars(one):
    return [dict(kept.labels) for series in one.snapshot().series("took") for kept in series.exemplars]


def crash_points(dead, tmp_path, how, do):
    """Fresh copies of the directory, each after `do` was interrupted one system call later."""
    for at in range(1, 1000):
        directory = tmp_path / str(at)
        shutil.copytree(dead, directory)
        reached = interrupted(lambda directory=directory: do(directory), at, how)
        yield directory
        if not reached:
            assert at > 20  # it was interrupted at many
            return
    raise AssertionError("there is no end to it")


@pytest.mark.parametrize("how", [*KILLS, *ERRORS])
def test_fold_interrupted_at_every_system_call(dead, tmp_path, how) -> None:
    """Whenever a fold dies or fails, the next reading has every count once, and so has the one after it."""

    def fold(directory):
        one = monitor(directory)
        one.snapshot()

    for directory in crash_points(dead, tmp_path, how, fold):
        for _ in range(2):
            one = monitor(directory)
            assert EXPECTED == jobs(one)
            assert 9.0 == value(one, "mcp_calls_total", name="job", status="success")
            assert None is value(one, "level")
            assert [{"order": "['b', 'c']"}] == exemplars(one)


@pytest.mark.parametrize("how", KILLS)
def test_removal_interrupted_at_every_system_call(dead, tmp_path, how) -> None:
    """A removal that dies has happened or has not; all other series are as they were."""

    def remove(directory):
        one = monitor(directory)
        one.counter("jobs", "Jobs.", ["kind"]).remove("a")
        one.snapshot()

    found = []
    for directory in crash_points(dead, tmp_path, how, remove):
        one = monitor(directory)
        found.append(jobs(one).pop("a", None))
        assert [{"order": "['b', 'c']"}] == exemplars(one)
        assert {"b": 22.0, "c": 1.0} == {kind: number for kind, number in jobs(one).items() if kind != "a"}

    assert (11.0, None) == (found[0], found[-1])
    assert {11.0, None} == set(found)


@pytest.mark.parametrize("how", KILLS)
def test_expiry_interrupted_at_every_system_call(dead, tmp_path, how) -> None:
    """Series that leave when a worker dies have left all at once or are all there, and come back whole."""

    def expire(directory):
        clock = FakeClock()
        one = monitor(directory, retention=60, clock=clock.clock)
        one.snapshot()
        clock.advance(60)
        one.snapshot()

    found = []
    for directory in crash_points(dead, tmp_path, how, expire):
        one = monitor(directory)
        found.append(jobs(one))
        one.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
        assert (found[-1].get("a", 0.0) + 1.0) == jobs(one)["a"]

    assert all(one in (EXPECTED, {}) for one in found)
    assert (EXPECTED, {}) == (found[0], found[-1])
