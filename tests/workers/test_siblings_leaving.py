"""Series that leave several workers: removed, or idle for too long."""

from __future__ import annotations

import asyncio
import os

import pytest
from support.readings import FakeClock, requests, samples, value

from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware
from mcp_perf.workers.files import archive


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


def test_many_leave_while_a_worker_is_not_asked(worker) -> None:
    """However many series have left meanwhile, what comes back is another one, and no event of it is lost."""
    clock = FakeClock()
    first, second, third = (worker(clock=clock.clock, retention=60) for _ in range(3))
    jobs = first.counter("jobs", "Jobs.", ["kind"])
    for number in range(1500):
        jobs.labels(number).inc()
    first.snapshot(), second.snapshot()
    clock.advance(61)
    assert {} == samples(second, "jobs_total")
    clock.advance(4)
    again = third.counter("jobs", "Jobs.", ["kind"])
    for number in (0, 1, 1499):
        again.labels(number).inc()
    clock.advance(1)

    for monitor in (first, second):
        assert [1.0] * 3 == list(samples(monitor, "jobs_total").values())
        assert 1500.0 == value(monitor, "mcp_monitor_expired_total", family="jobs_total")
