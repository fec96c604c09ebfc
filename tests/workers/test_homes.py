"""Where a worker writes, and what becomes of its files when it is there no more."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support.readings import FakeClock, value


def test_directory_that_may_not_be_entered_for_once(worker, monkeypatch) -> None:
    """Who may not look into the directory for a while goes on counting there: nothing counts twice after."""
    monitor = worker()
    jobs = monitor.counter("jobs", "Jobs.")
    jobs.inc(100)
    assert 100.0 == value(monitor, "jobs_total")
    stat = os.stat

    def refuse(path, *args, dir_fd=None, **keywords):
        if dir_fd is not None:
            raise PermissionError(13, "permission denied", path)
        return stat(path, *args, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr("os.stat", refuse)
        assert 100.0 == value(monitor, "jobs_total")
        jobs.inc()
    for one in (monitor, worker(), monitor):
        assert 101.0 == value(one, "jobs_total")


def test_directory_that_is_moved_away_and_back(worker, tmp_path) -> None:
    """What a worker takes along when its directory is moved away does not count again when that is back."""
    monitor = worker()
    monitor.counter("jobs", "Jobs.").inc(100)
    assert 100.0 == value(monitor, "jobs_total")
    os.rename(tmp_path / "workers", tmp_path / "away")
    assert 100.0 == value(monitor, "jobs_total")
    shutil.rmtree(tmp_path / "workers")
    os.rename(tmp_path / "away", tmp_path / "workers")

    for one in (monitor, worker(), monitor):
        assert 100.0 == value(one, "jobs_total")


@pytest.mark.usefixtures("impatient")
def test_directories_that_vanish_leave_nothing_in_memory(worker, tmp_path) -> None:
    """A gauge that is set, in a directory that goes again and again, keeps no map of those before."""
    clock = FakeClock()
    monitor = worker(clock=clock.clock)
    monitor.gauge("level", "Level.").set(5)
    for _ in range(10):
        shutil.rmtree(tmp_path / "workers")
        assert 5.0 == value(monitor, "level")
    clock.advance(60)
    assert 5.0 == value(monitor, "level")

    maps = Path("/proc/self/maps").read_text().splitlines()
    assert 2 >= sum(str(tmp_path) in line for line in maps)


@pytest.fixture
def impatient(monkeypatch):
    """What has failed is tried again at once."""
    monkeypatch.setattr("mcp_perf.workers.pause._FIRST", 0.0)
