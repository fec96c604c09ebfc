"""Several workers of one service: whichever is asked, the answer is that of all of them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
from math import isnan

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.process_collector import ProcessCollector
from support.readings import FakeClock, requests, samples, value
from support.workers import Worker

from mcp_perf import PerformanceMonitor, monitor_call, monitor_workflow_step
from mcp_perf.summary import summarise


def test_counters_are_added_up(worker) -> None:
    """Each worker answers for all: counters and histograms are sums, exact ones."""
    first, second = worker(), worker()
    for monitor, number in ((first, 3), (second, 4)):
        monitor.counter("jobs", "Jobs.", ["kind"]).labels("a").inc(number)
        monitor.histogram("size", "Sizes.").observe(number)
        for _ in range(number):
            monitor_call("mail", monitor=monitor)(lambda: None)()

    for monitor in (first, second):
        assert 7.0 == value(monitor, "jobs_total", kind="a")
        assert (2.0, 7.0) == (value(monitor, "size_count"), value(monitor, "size_sum"))
        assert 7.0 == value(monitor, "mcp_calls_total", name="mail", status="success")
        assert 2.0 == value(monitor, "mcp_monitor_workers")


def test_series_that_only_one_worker_has(worker) -> None:
    """A series that one worker has is there whichever is asked, beside those of the others."""
    first, second = worker(), worker()
    first.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    second.counter("jobs", "Jobs.", ["kind"]).labels("b").inc(2)
    second.counter("only", "Only there.").inc(3)

    assert (1.0, 2.0, 3.0) == (
        value(first, "jobs_total", kind="a"),
        value(first, "jobs_total", kind="b"),
        value(first, "only_total"),
    )


def test_label_names_in_another_order_are_the_same_metric(worker) -> None:
    """Two versions that name the labels in another order have one series, not the same one twice."""
    first, second = worker(), worker()
    first.counter("jobs", "Jobs.", ["a", "b"]).labels(a="1", b="2").inc(3)
    second.counter("jobs", "Jobs.", ["b", "a"]).labels(a="1", b="2").inc(4)
    for monitor in (first, second):
        assert 7.0 == value(monitor, "jobs_total", a="1", b="2")
        assert 1 == monitor.render()[1].count(b"\njobs_total{")


def test_calls_with_their_labels_in_another_order_are_the_same_metric() -> None:
    """In one process too."""
    monitor = PerformanceMonitor(registry=None)
    for labels in ({"x": "1", "y": "2"}, {"y": "2", "x": "1"}):
        monitor_call("mail", labels=labels, monitor=monitor)(lambda: None)()

    assert 2.0 == value(monitor, "mcp_calls_total", name="mail", status="success", x="1", y="2")


@pytest.mark.parametrize(
    ("mode", "expected"), [("sum", 6.0), ("min", 1.0), ("max", 3.0), ("mostrecent", 2.0), ("livesum", 6.0)]
)
def test_gauges_merge_as_they_were_told(worker, mode, expected) -> None:
    """A gauge is the sum, the least, the greatest or the last written of the workers' values."""
    clock = FakeClock()
    monitors = [worker(clock=clock.clock) for _ in range(4)]
    for monitor, number in zip(monitors, (1, 3, 2, None), strict=True):
        gauge = monitor.gauge("level", "Level.", ["tank"], multiprocess_mode=mode).labels("a")
        clock.advance(1)
        if number is not None:
            gauge.set(number)

    assert [expected] * 4 == [value(monitor, "level", tank="a") for monitor in monitors]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_gauge_that_is_no_number_in_one_worker(worker, mode) -> None:
    """Whoever is asked, what is no number is neither the least nor the greatest, unless there is no other."""
    monitors = [worker() for _ in range(3)]
    for monitor, number in zip(monitors, (float("nan"), 3.0, float("nan")), strict=True):
        gauge = monitor.gauge("level", "Level.", ["tank"], multiprocess_mode=mode)
        gauge.labels("some").set(number)
        gauge.labels("none").set(float("nan"))

    assert [3.0] * 3 == [value(monitor, "level", tank="some") for monitor in monitors]
    assert all(isnan(value(monitor, "level", tank="none")) for monitor in monitors)


def test_gauge_of_each_worker(worker) -> None:
    """With `all` each worker's gauge is there by itself, with its pid."""
    monitor = worker()
    monitor.gauge("level", "Level.", ["tank"], multiprocess_mode="all").labels("a").set(2)

    assert 2.0 == value(monitor, "level", tank="a", pid=str(os.getpid()))


def test_gauge_of_each_worker_stays(worker) -> None:
    """An idle gauge that is there for each worker neither leaves nor comes and goes."""
    clock = FakeClock()
    monitor = worker(clock=clock.clock, retention=60)
    monitor.gauge("level", "Level.", ["tank"], multiprocess_mode="all").labels("a").set(0)
    for _ in range(3):
        assert 0.0 == value(monitor, "level", tank="a", pid=str(os.getpid()))
        clock.advance(60)

    assert None is value(monitor, "mcp_monitor_expired_total", family="level")


def test_dead_workers_counters_stay_and_gauges_go(worker, tmp_path) -> None:
    """What a killed worker has counted stays; its gauges and its files are gone."""
    monitor = worker()
    with Worker(tmp_path / "workers") as other:
        other.use(calls=3, gauge=7)
        assert (3.0, 7.0) == (
            value(monitor, "mcp_calls_total", name="job", status="success"),
            value(monitor, "level"),
        )
        other.kill()

    for _ in range(3):
        assert 3.0 == value(monitor, "mcp_calls_total", name="job", status="success")
        assert None is value(monitor, "level")
        assert 1.0 == value(monitor, "mcp_monitor_workers")
    assert 4 == len(list((tmp_path / "workers" / "mcp").iterdir()))  # index and slots, archive, lock


@pytest.mark.long
def test_many_lives(worker, tmp_path) -> None:
    """After many workers have lived and died, the directory is as with the first ones; nothing is lost."""
    monitor = worker()
    for _ in range(40):
        with Worker(tmp_path / "workers") as other:
            other.use(calls=2)
            other.kill()
    assert 80.0 == value(monitor, "mcp_calls_total", name="job", status="success")
    monitor.snapshot()

    assert 4 == len(list((tmp_path / "workers" / "mcp").iterdir()))


def test_gauges_of_one_process_by_two_monitors_are_one_line(worker) -> None:
    """Two monitors of one process that share a directory have one line for its number."""
    monitors = [worker(), worker()]
    for level, monitor in enumerate(monitors, 1):
        monitor.gauge("level", "Level.", multiprocess_mode="all").set(level)

    assert [f'level{{pid="{os.getpid()}"}} 3.0'.encode()] == [
        line for line in monitor.render()[1].splitlines() if line.startswith(b"level{")
    ]


def test_descriptors_of_a_sibling_that_are_another_file_s(worker, tmp_path) -> None:
    """Where somebody has closed what a sibling is read by, and the number is another's, it is read on."""
    first, second = worker(), worker()
    jobs = second.counter("jobs", "Jobs.")
    jobs.inc()
    assert 1.0 == value(first, "jobs_total")
    readers = [fd for fd in map(int, os.listdir("/proc/self/fd")) if _reads_slots(fd, tmp_path)]
    with open(os.devnull, "rb") as other:
        for fd in readers:
            os.dup2(other.fileno(), fd)
        jobs.inc()
        found = value(first, "jobs_total")
    for fd in readers:
        with contextlib.suppress(OSError):
            os.close(fd)

    assert 1 == len(readers)
    assert 2.0 == found


def _reads_slots(fd, below):
    try:
        path = os.readlink(f"/proc/self/fd/{fd}")
        is_slots = path.startswith(str(below)) and path.endswith(".slots")
        return is_slots and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    except OSError:
        return False


def test_two_services_in_two_directories(tmp_path) -> None:
    """Monitors with directories of their own know nothing of each other."""
    first, second = (PerformanceMonitor(registry=None, worker_dir=tmp_path / name) for name in "ab")
    first.counter("jobs", "Jobs.").inc()

    assert None is value(second, "jobs_total")


def test_two_namespaces_in_one_directory(worker) -> None:
    """Monitors of different namespaces share nothing, in the same directory either."""
    first, second = worker(), worker(namespace="other")
    first.counter("jobs", "Jobs.").inc()

    assert None is value(second, "jobs_total")


def test_fork_of_a_worker_counts_in_its_own_files(worker) -> None:
    """A child counts from zero in files of its own, beside its parent's."""
    monitor = worker()
    call = monitor_call("job", monitor=monitor)(lambda: None)
    step = monitor_workflow_step("order", "pay", monitor=monitor)
    call()
    with step:
        child = os.fork()
        if child == 0:  # pragma: no cover - in the child
            signal.alarm(20)
            call()
            step.__exit__(None, None, None)
            os._exit(0)
        os.waitpid(child, 0)
        assert 1.0 == value(monitor, "mcp_active_workflows", workflow="order")

    assert 2.0 == value(monitor, "mcp_calls_total", name="job", status="success")
    assert 0.0 == value(monitor, "mcp_active_workflows", workflow="order")
    assert {} == requests(monitor)


def test_worker_that_has_forked_is_one(worker) -> None:
    """A worker that has only metrics of the user's own is known as one after a fork, once it counts again."""
    first, second = worker(), worker()
    second.snapshot()
    first.counter("jobs", "Jobs.").inc()
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        os._exit(0)
    os.waitpid(child, 0)
    second.snapshot()
    first.counter("jobs", "Jobs.").inc()

    assert 2.0 == value(second, "mcp_monitor_workers")


def test_process_metrics_are_of_each_worker(tmp_path) -> None:
    """With several workers the process metrics have a `pid` each; the summary adds up what they take."""
    directory = tmp_path / "workers"
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    monitor = PerformanceMonitor(registry=registry, worker_dir=directory)
    assert None is not value(monitor, "process_resident_memory_bytes")
    with Worker(directory) as other:
        other.use(calls=1)
        found = {
            int(dict(labels)["pid"]): number
            for (_, labels), number in samples(monitor, "process_resident_memory_bytes").items()
        }
        assert {os.getpid(), other.pid} == set(found)
        process = summarise(monitor.snapshot())["process"]
        assert {os.getpid(), other.pid} == {one["pid"] for one in process["workers"]}
        assert (
            sum(one["resident_memory_bytes"] for one in process["workers"])
            == process["resident_memory_bytes"]
        )
