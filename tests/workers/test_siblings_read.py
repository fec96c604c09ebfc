"""Several workers of one service: whichever is asked, the answer is that of all of them."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.process_collector import ProcessCollector
from support.readings import FakeClock, requests, samples, value
from support.workers import Worker

from mcp_perf import PerformanceMonitor, monitor_call, monitor_workflow_step
from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware
from mcp_perf.summary import summarise
from mcp_perf.workers import archive


@pytest.fixture
def worker(tmp_path):
    """Makes monitors that are siblings."""

    def make(**settings):
        return PerformanceMonitor(registry=None, worker_dir=tmp_path / "workers", **settings)

    return make


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


def test_remove_takes_a_series_out_of_all_workers(worker) -> None:
    """A removed series is gone whoever is asked, at once, and starts from zero wherever it comes again."""
    first, second = worker(), worker()
    counters = [monitor.counter("jobs", "Jobs.", ["kind"]) for monitor in (first, second)]
    for counter in counters:
        counter.labels("a").inc(5)
        counter.labels("b").inc(5)
    counters[0].remove("a")

    assert [None, None] == [value(monitor, "jobs_total", kind="a") for monitor in (first, second)]
    assert 10.0 == value(first, "jobs_total", kind="b")
    counters[1].labels("a").inc()
    assert [1.0, 1.0] == [value(monitor, "jobs_total", kind="a") for monitor in (first, second)]


def test_clear_takes_all_series_out_of_all_workers(worker) -> None:
    """A cleared metric has no series left anywhere."""
    first, second = worker(), worker()
    counters = [monitor.counter("jobs", "Jobs.", ["kind"]) for monitor in (first, second)]
    counters[0].labels("a").inc()
    counters[1].labels("b").inc()
    counters[0].clear()

    assert {} == samples(second, "jobs_total")


def test_idle_series_leaves_all_workers(worker) -> None:
    """A series that is idle in all workers leaves all at once; one that is used in any stays whole."""
    clock = FakeClock()
    first, second = (worker(clock=clock.clock, retention=60) for _ in range(2))
    counters = [monitor.counter("jobs", "Jobs.", ["kind"]) for monitor in (first, second)]
    for counter in counters:
        counter.labels("idle").inc(5)
        counter.labels("busy").inc(5)
    first.snapshot(), second.snapshot()
    clock.advance(30)
    counters[1].labels("busy").inc()
    first.snapshot(), second.snapshot()
    clock.advance(30)
    assert (None, 11.0) == (value(first, "jobs_total", kind="idle"), value(first, "jobs_total", kind="busy"))
    assert (None, 11.0) == (
        value(second, "jobs_total", kind="idle"),
        value(second, "jobs_total", kind="busy"),
    )
    counters[1].labels("idle").inc()

    assert [1.0, 1.0] == [value(monitor, "jobs_total", kind="idle") for monitor in (first, second)]


def test_idle_series_leaves_whatever_the_order_of_its_labels(worker) -> None:
    """Where versions name the labels in another order, an idle series leaves all, and comes back anew."""
    clock = FakeClock()
    first, second = (worker(clock=clock.clock, retention=60) for _ in range(2))
    counters = [
        first.counter("jobs", "Jobs.", ["a", "b"]),
        second.counter("jobs", "Jobs.", ["b", "a"]),
    ]
    for counter in counters:
        counter.labels(a="1", b="2").inc(5)
    first.snapshot(), second.snapshot()
    clock.advance(60)
    gone = [value(monitor, "jobs_total", a="1", b="2") for monitor in (first, second, first)]
    counters[1].labels(a="1", b="2").inc()

    assert [None, None, None] == gone
    assert [1.0, 1.0] == [value(monitor, "jobs_total", a="1", b="2") for monitor in (first, second)]


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
def test_releases_leave_no_copies(worker, tmp_path) -> None:
    """Dead workers that described a metric in other words are one family in the archive."""
    for text in ("Jobs.", "Jobs that were done."):
        child = os.fork()
        if child == 0:  # pragma: no cover - in the child
            try:
                worker().counter("jobs", text, ["kind"]).labels("a").inc(2)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    monitor = worker()
    assert 4.0 == value(monitor, "jobs_total", kind="a")
    (path,) = tmp_path.rglob("archive")
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        families = archive.load(directory).families
    finally:
        os.close(directory)

    assert 1 == sum(description.key == "jobs_total" for description in families)


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


def test_other_buckets_side_by_side(worker) -> None:
    """In a rolling restart with other buckets all observations count, under the newer worker's buckets."""
    old = worker(buckets=[0.1, 1, 10], clock=FakeClock(now=1000.0).clock)
    new = worker(buckets=[0.25, 1, 10], clock=FakeClock(now=2000.0).clock)
    for monitor in (old, new):
        for amount in (0.05, 0.5, 5):
            monitor.histogram("size", "Sizes.", ["a"]).labels("x").observe(amount)
    for monitor in (old, new):
        found = samples(monitor, "size_bucket", "size_count", "size_sum")
        buckets = {
            dict(labels)["le"]: number for (name, labels), number in found.items() if name == "size_bucket"
        }

        assert {"0.25": 2.0, "1.0": 4.0, "10.0": 6.0, "+Inf": 6.0} == buckets
        assert 11.1 == pytest.approx(value(monitor, "size_sum", a="x"))


def test_other_labels_and_types_side_by_side(worker) -> None:
    """Metrics that a newer version of the application labels or types otherwise spoil nothing else."""
    old = worker(clock=FakeClock(now=1000.0).clock)
    new = worker(clock=FakeClock(now=2000.0).clock)
    old.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    new.counter("jobs", "Jobs by kind and size.", ["kind", "size"]).labels("a", "xl").inc(2)
    old.counter("level_total", "A counter once.").inc(3)
    new.gauge("level_total", "A gauge now.").set(4)
    for monitor in (old, new):
        assert (1.0, 2.0) == (
            value(monitor, "jobs_total", kind="a"),
            value(monitor, "jobs_total", kind="a", size="xl"),
        )
        assert 4.0 == value(monitor, "level_total")
        assert b"# HELP jobs_total Jobs by kind and size.\n" in monitor.render()[1]


def test_a_name_that_two_metrics_write_side_by_side(worker) -> None:
    """Where a newer version's histogram writes the name of an older gauge, only the histogram is told."""
    old = worker(clock=FakeClock(now=1000.0).clock)
    new = worker(clock=FakeClock(now=2000.0).clock)
    old.gauge("size_count", "A gauge once.").set(4)
    old.counter("jobs", "Jobs.").inc()
    new.histogram("size", "Sizes.", buckets=[1]).observe(0.5)
    for monitor in (old, new):
        body = monitor.render()[1]
        assert (1, 1) == (body.count(b"\nsize_count"), body.count(b"\njobs_total"))
        assert 1.0 == value(monitor, "size_count")


def test_gauge_that_is_merged_otherwise_side_by_side(worker) -> None:
    """Where a newer version merges a gauge in another way, that holds for all of them."""
    old = worker(clock=FakeClock(now=1000.0).clock)
    new = worker(clock=FakeClock(now=2000.0).clock)
    old.gauge("level", "Level.", ["a"], multiprocess_mode="sum").labels("x").set(5)
    new.gauge("level", "Level.", ["a"], multiprocess_mode="max").labels("x").set(7)
    for monitor in (old, new):
        assert 7.0 == value(monitor, "level", a="x")
        assert 1 == monitor.render()[1].count(b"\nlevel{")


def test_gauges_of_one_process_by_two_monitors_are_one_line(worker) -> None:
    """Two monitors of one process that share a directory have one line for its number."""
    monitors = [worker(), worker()]
    for level, monitor in enumerate(monitors, 1):
        monitor.gauge("level", "Level.", multiprocess_mode="all").set(level)

    assert [f'level{{pid="{os.getpid()}"}} 3.0'.encode()] == [
        line for line in monitor.render()[1].splitlines() if line.startswith(b"level{")
    ]


def test_gauges_that_a_sibling_has_removed_take_no_room(worker, tmp_path) -> None:
    """The gauges of a worker that another one removes are freed, and the archive forgets them."""
    clock = FakeClock()
    first, second = (worker(clock=clock.clock) for _ in range(2))
    for number in range(50):
        first.gauge("level", "Level.", ["number"]).labels(number).set(1)
    second.gauge("level", "Level.", ["number"]).clear()
    first.snapshot()
    clock.advance(10)
    first.snapshot()
    second.snapshot()

    (path,) = tmp_path.rglob("archive")
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        assert {} == archive.load(directory).baselines
    finally:
        os.close(directory)


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


@pytest.mark.parametrize("kind", ["set", "inc"])
def test_gauge_that_is_used_when_a_sibling_lets_it_go(worker, kind) -> None:
    """A gauge that was idle, and is used again before its worker is read, keeps what was written to it."""
    clock = FakeClock()
    first, second = (worker(clock=clock.clock, retention=60) for _ in range(2))
    level = first.gauge("level", "Level.", ["tank"]).labels("a")
    other = first.gauge("other", "Other.", ["tank"]).labels("a")
    level.set(0)
    second.snapshot()
    clock.advance(61)
    second.snapshot()
    second.snapshot()
    getattr(level, kind)(5)
    other.set(7)
    for _ in range(4):
        assert 5.0 == value(first, "level", tank="a")
        clock.advance(6)
    level.inc()

    assert 6.0 == value(second, "level", tank="a")
    assert 7.0 == value(second, "other", tank="a")


def test_answer_that_takes_longer_to_send_than_the_retention(worker) -> None:
    """A request whose last part is on its way for long counts as itself, whatever has left meanwhile."""
    clock = FakeClock()
    monitor = worker(clock=clock.clock, retention=1)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"slow"})

    async def slow(message):
        if message["type"] == "http.response.body":
            for _ in range(5):
                monitor.snapshot()
                clock.advance(6)
            monitor.counter("other", "Other.", ["a"]).labels("1").inc()

    measured = PerformanceMonitoringMiddleware(app, monitor, normalize_path=lambda path: path)
    scope = {"type": "http", "method": "GET", "path": "/slow", "headers": []}
    asyncio.run(measured(scope, None, slow))

    assert {("GET", "/slow", "200"): 1.0} == requests(monitor)


@pytest.mark.parametrize(("mode", "values"), [("sum", (3, -3)), ("max", (0, -3)), ("min", (0, 7))])
def test_gauge_that_is_zero_only_in_sum_stays(worker, mode, values) -> None:
    """An idle gauge leaves when it is zero in all workers, not where the merged value happens to be zero."""
    clock = FakeClock()
    monitors = [worker(clock=clock.clock, retention=60) for _ in range(2)]
    for monitor, number in zip(monitors, values, strict=True):
        monitor.gauge("level", "Level.", ["tank"], multiprocess_mode=mode).labels("a").set(number)
    for _ in range(3):
        assert 0.0 == value(monitors[0], "level", tank="a")
        clock.advance(61)
    for monitor in monitors:
        monitor.gauge("level", "Level.", ["tank"], multiprocess_mode=mode).labels("a").set(0)
    for _ in range(3):
        monitors[0].snapshot()
        clock.advance(61)

    assert None is value(monitors[0], "level", tank="a")
