"""A fault that passes is forgotten soon, one that stays is not run into time and again."""

import errno
import os

from support.readings import samples

from mcp_perf import PerformanceMonitor, monitor_call
from mcp_perf.workers.pause import Pause


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def length(pause, clock):
    """How long a pause takes that begins now."""
    pause.begin()
    begun = clock.now
    while pause.is_on:
        clock.now += 0.5
    return clock.now - begun


def test_each_pause_is_twice_as_long_as_the_one_before():
    """It begins with a second, and grows up to the longest."""
    clock = Clock()
    pause = Pause(6.0, clock)
    assert not pause.is_on
    assert [1.0, 2.0, 4.0, 6.0, 6.0] == [length(pause, clock) for _ in range(5)]


def test_success_makes_the_next_pause_short_again():
    """Nobody pays for faults that are over."""
    clock = Clock()
    pause = Pause(30.0, clock)
    assert [1.0, 2.0] == [length(pause, clock) for _ in range(2)]
    pause.begin()
    pause.end()
    assert not pause.is_on
    assert 1.0 == length(pause, clock)


def test_several_who_fail_at_once_are_one_failure():
    """Threads that were at it already do not make the pause longer."""
    clock = Clock()
    pause = Pause(30.0, clock)
    for _ in range(5):
        pause.begin()
    clock.now += 1.0
    assert not pause.is_on
    assert 2.0 == length(pause, clock)


def test_a_directory_that_could_not_be_entered_once_is_entered_a_second_later(tmp_path, monkeypatch):
    """What was counted meanwhile is there for siblings then, so that little is lost with who is killed."""
    clock = Clock()
    monkeypatch.setattr("mcp_perf.workers.pages.Pause", lambda most: Pause(most, clock))
    monkeypatch.setattr("mcp_perf.workers.pages.Member", locked)
    one = PerformanceMonitor(registry=None, worker_dir=tmp_path)
    job = monitor_call("job", monitor=one)(lambda: None)
    job()
    one.render()
    monkeypatch.undo()
    other = PerformanceMonitor(registry=None, worker_dir=tmp_path)
    assert {} == jobs(other)
    clock.now += 0.9
    one.render()
    assert {} == jobs(other)
    clock.now += 0.1
    one.render()
    assert {"job": 1.0} == jobs(other)
    job()
    assert {"job": 2.0} == jobs(other)


def locked(*_):
    raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))


def jobs(monitor):
    """The calls by name, as all workers have them."""
    found = samples(monitor, "mcp_calls_total")
    return {dict(labels)["name"]: number for (_, labels), number in found.items()}
