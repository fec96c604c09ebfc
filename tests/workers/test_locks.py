"""The right to change a directory: one has it, and nobody else by a fork."""

from __future__ import annotations

import contextlib
import gc
import os
import signal

import pytest
from support.readings import samples, value
from support.workers import Worker

from mcp_perf.storage.atomic import Lock
from mcp_perf.workers.files.draft import Draft
from mcp_perf.workers.system.locks import Alone


@pytest.fixture
def directory(tmp_path):
    fd = os.open(tmp_path, os.O_RDONLY)
    yield fd
    os.close(fd)


def fork(do):
    """A child that does something and stays, with its number."""
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        signal.alarm(60)
        try:
            do()
            os.write(told, b"1")
            signal.pause()
        finally:
            os._exit(1)
    os.close(told)
    assert b"1" == os.read(ready, 1)
    os.close(ready)
    return child


def end(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_one_has_it(directory) -> None:
    """Only one has the right at a time."""
    with Alone(directory) as first, Alone(directory) as second:
        assert (True, False) == (first, second)
    with Alone(directory) as third:
        assert third


def test_child_does_not_have_it(directory) -> None:
    """A child that was forked meanwhile lives on without it."""
    with Alone(directory):
        child = fork(lambda: None)
    try:
        with Alone(directory) as again:
            assert again
    finally:
        end(child)


def test_child_of_one_that_dies_does_not_have_it(directory) -> None:
    """Nor does the child where the parent dies before it has let go of the right."""
    ready, told = os.pipe()

    def die():
        with Alone(directory):
            child = fork(lambda: None)
            os.write(told, str(child).encode())
            os.kill(os.getpid(), signal.SIGKILL)

    parent = os.fork()
    if parent == 0:  # pragma: no cover - in the child
        try:
            die()
        finally:
            os._exit(1)
    os.waitpid(parent, 0)
    child = int(os.read(ready, 20))
    os.close(ready)
    os.close(told)
    try:
        with Alone(directory) as again:
            assert again
    finally:
        os.kill(child, signal.SIGKILL)


def test_lock_that_the_forking_thread_holds() -> None:
    """A signal's handler that forks in the midst of a locked section leaves a child that ends the section."""
    lock = Lock()
    child = None
    with lock:
        child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        os._exit(0 if lock.acquire_now() else 1)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_removal_waits_for_who_is_at_it(worker, tmp_path, monkeypatch) -> None:
    """A removal while another worker changes the archive is done once that has ended, before it returns."""
    first, second = worker(), worker()
    for monitor in (first, second):
        monitor.counter("jobs", "Jobs.", ["name"]).labels("a").inc()
        samples(monitor)
    fd = os.open(tmp_path / "workers/mcp", os.O_RDONLY)
    other = Alone(fd)
    assert other.__enter__()
    monkeypatch.setattr("mcp_perf.workers.crew.time.sleep", lambda _: other.__exit__())
    first.counter("jobs", "Jobs.", ["name"]).remove("a")
    os.close(fd)

    assert {} == samples(second, "jobs_total")


def test_child_of_one_that_is_just_joining(worker, tmp_path, monkeypatch) -> None:
    """A fork while another thread makes a worker's files leaves a child that does not keep their lock."""
    children = []
    rename = os.rename

    def fork_first(*args, **keywords):
        if not children:
            children.append(fork(lambda: None))
        return rename(*args, **keywords)

    monkeypatch.setattr("mcp_perf.workers.files.member.os.rename", fork_first)
    monitor = worker()
    monitor.counter("jobs", "Jobs.").inc()
    (index,) = (tmp_path / "workers/mcp").glob("*.index")
    try:
        links = [os.path.realpath(fd.path) for fd in os.scandir(f"/proc/{children[0]}/fd")]
        assert str(index.with_suffix(".new")) not in links
        assert str(index) not in links
    finally:
        end(children[0])


def test_signal_that_forks_while_the_archive_is_changed(worker, monkeypatch, tmp_path) -> None:
    """A child that a signal's handler forks in the midst of folding leaves the archive to its parent."""
    monitor = worker()
    monitor.counter("jobs", "Jobs.", ["kind"]).labels("own").inc()
    with Worker(tmp_path / "workers") as dead:
        dead.use(counters={"a": 5})
    children = []
    finished = Draft.finished
    wait, go = os.pipe()

    def fork_first(draft):
        if not children:
            children.append(os.fork())
            if children == [0]:  # pragma: no cover - in the child
                signal.alarm(60)
                monitor.counter("jobs", "Jobs.", ["kind"]).labels("child").inc()
                os.read(wait, 1)
        return finished(draft)

    monkeypatch.setattr("mcp_perf.workers.files.draft.Draft.finished", fork_first)
    try:
        monitor.snapshot()
    finally:
        if children == [0]:  # pragma: no cover - in the child
            os._exit(0)
    with Worker(tmp_path / "workers") as another:
        another.use(counters={"b": 6})
    assert 6.0 == value(monitor, "jobs_total", kind="b")
    os.write(go, b"1")
    os.waitpid(children[0], 0)
    os.close(wait)
    os.close(go)

    for _ in range(2):
        assert 5.0 == value(monitor, "jobs_total", kind="a")
        assert 6.0 == value(monitor, "jobs_total", kind="b")


def test_monitors_that_are_dropped_leave_no_descriptors(worker, tmp_path) -> None:
    """A monitor that is no more holds no files of its siblings open."""
    first = worker()
    first.counter("jobs", "Jobs.").inc()
    numbers = []
    for _ in range(4):
        other = worker()
        other.counter("jobs", "Jobs.").inc()
        other.snapshot()
        del other
        gc.collect()
        first.snapshot()
        numbers.append(len(list(opened(tmp_path))))

    assert 1 == len(set(numbers[1:]))


def opened(directory):
    """The files that this process has open below a directory."""
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # another thread's, closed meanwhile
            path = os.readlink(f"/proc/self/fd/{number}")
            if path.startswith(f"{directory}/"):
                yield path
