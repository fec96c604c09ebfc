"""Idle series leave after the retention, and what they were kept in is free again."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from threading import Event

import pytest
from support.readings import FakeClock, requests, samples, value

from mcp_perf import PerformanceMonitor, monitor_call, monitor_workflow_step
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware
from mcp_perf.timing import Clock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def monitor(clock):
    return PerformanceMonitor(registry=None, clock=clock.clock, retention=60)


def request(monitor, path):
    """One request, whose path is its route."""

    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    measured = PerformanceMonitoringMiddleware(app, monitor, normalize_path=lambda path: path)
    list(measured({"REQUEST_METHOD": "GET", "PATH_INFO": path}, lambda *_: None))


def test_idle_series_leaves(monitor, clock) -> None:
    """A counter's series that has not changed for the retention is gone; one that has stays."""
    jobs = monitor.counter("jobs", "Jobs.", ["kind"])
    jobs.labels("idle").inc()
    jobs.labels("busy").inc()
    monitor.snapshot()
    clock.advance(59)
    jobs.labels("busy").inc()
    assert 1.0 == value(monitor, "jobs_total", kind="idle")
    clock.advance(1)

    assert None is value(monitor, "jobs_total", kind="idle")
    assert 2.0 == value(monitor, "jobs_total", kind="busy")
    assert 1.0 == value(monitor, "mcp_monitor_expired_total", family="jobs_total")


def test_handle_of_a_series_that_has_left_counts_anew(monitor, clock) -> None:
    """Whoever has kept a handle counts on through it: the series is there again, from zero."""
    kept = monitor.counter("jobs", "Jobs.", ["kind"]).labels("a")
    kept.inc(5)
    monitor.snapshot()
    clock.advance(60)
    assert None is value(monitor, "jobs_total", kind="a")
    kept.inc()

    assert 1.0 == value(monitor, "jobs_total", kind="a")


def test_requests_and_calls_come_back(monitor, clock) -> None:
    """A route, a call and a step that were idle for long are counted again from their next event on."""
    call = monitor_call("mail", monitor=monitor)(lambda: None)
    step = monitor_workflow_step("order", "pay", monitor=monitor)(lambda: None)

    def use():
        request(monitor, "/a")
        call()
        step()

    use(), use()
    monitor.snapshot()
    clock.advance(60)
    assert {} == requests(monitor)
    assert None is value(monitor, "mcp_calls_total", name="mail", status="success")
    use()

    assert {("GET", "/a", "200"): 1.0} == requests(monitor)
    assert 1.0 == value(monitor, "mcp_calls_total", name="mail", status="success")
    assert 1.0 == value(monitor, "mcp_workflow_steps_total", workflow="order", step="pay", status="success")
    assert 0.0 == value(monitor, "mcp_active_workflows", workflow="order")


def test_step_that_outlives_the_retention(monitor, clock) -> None:
    """A workflow's gauge stays while a step executes, however long, and goes back to zero after it."""
    with monitor_workflow_step("order", "wait", monitor=monitor):
        for _ in range(5):
            clock.advance(50)
            assert 1.0 == value(monitor, "mcp_active_workflows", workflow="order")

    assert 0.0 == value(monitor, "mcp_active_workflows", workflow="order")


@pytest.mark.parametrize("number", [3.0, -1.0, float("nan")])
def test_gauge_in_use_stays(monitor, clock, number) -> None:
    """A gauge that is not zero never leaves."""
    monitor.gauge("level", "Level.", ["tank"]).labels("a").set(number)
    monitor.snapshot()
    clock.advance(600)

    assert None is not value(monitor, "level", tank="a")


def test_gauge_that_is_being_written_stays(monitor, clock) -> None:
    """A gauge that is set to zero again and again is in use; once nobody sets it, it leaves."""
    gauge = monitor.gauge("level", "Level.", ["tank"]).labels("a")
    for _ in range(5):
        gauge.set(0)
        clock.advance(40)
        assert 0.0 == value(monitor, "level", tank="a")
    clock.advance(20)

    assert None is value(monitor, "level", tank="a")


def test_metric_without_labels_stays(monitor, clock) -> None:
    """A metric of one series does not pile up, and is what alerts ask for: it stays."""
    monitor.counter("jobs", "Jobs.").inc()
    monitor.snapshot()
    clock.advance(600)

    assert 1.0 == value(monitor, "jobs_total")


def test_metric_with_a_retention_of_its_own(clock) -> None:
    """A metric's own retention goes over the monitor's, by keyword and by its name in the settings."""
    monitor = PerformanceMonitor(
        registry=None,
        clock=clock.clock,
        retention=600,
        metric_retention={"slow_total": None, "mcp_calls_total": 10},
    )
    monitor.counter("quick", "Quick.", ["a"], retention=10).labels("x").inc()
    monitor.counter("slow", "Slow.", ["a"]).labels("x").inc()
    monitor.counter("other", "Other.", ["a"]).labels("x").inc()
    monitor_call("mail", monitor=monitor)(lambda: None)()
    monitor.snapshot()

    def there():
        return {
            name
            for name, _ in samples(monitor)
            if name in {"quick_total", "slow_total", "other_total", "mcp_calls_total"}
        }

    clock.advance(10)
    assert {"slow_total", "other_total"} == there()
    clock.advance(590)
    assert {"slow_total"} == there()


def test_place_of_an_idle_series_is_free_again(clock) -> None:
    """Series that have left make room below `max_series`."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, retention=60, max_series=2)
    jobs = monitor.counter("jobs", "Jobs.", ["kind"])
    for kind in "abc":
        jobs.labels(kind).inc()
    assert 1.0 == value(monitor, "jobs_total", kind="_overflow")
    clock.advance(60)
    monitor.snapshot()
    jobs.labels("d").inc()

    assert 1.0 == value(monitor, "jobs_total", kind="d")


def test_nothing_is_lost_to_threads_that_write_while_series_leave(clock) -> None:
    """Every event counts, in whichever life of its series, while series leave as often as they can."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, retention=0.001)
    jobs = monitor.counter("jobs", "Jobs.", ["kind"])
    call = monitor_call("job", monitor=monitor)(lambda: None)
    found = 0.0
    threads = [
        threading.Thread(target=lambda: [(jobs.labels("a").inc(), call()) for _ in range(20_000)])
        for _ in range(4)
    ]
    last = {}

    def read():
        clock.advance(1)
        nonlocal found
        now = samples(monitor, "jobs_total", "mcp_calls_total")
        for key, before in last.items():
            if now.get(key, 0.0) < before:  # it has left, and perhaps come back
                found += before
        last.clear()
        last.update(now)

    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        read()
        Event().wait(0.02)  # a turn for each of them within the time that a late write has
    for _ in range(10):
        read()
    found += sum(last.values())

    assert 160_000.0 == found


@pytest.mark.long
def test_memory_is_flat_under_months_of_churn(clock) -> None:
    """With new routes every day and old ones gone, a year takes no more memory than its second month."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, retention=86_400)

    def month(number):
        for day in range(30):
            for route in range(20):
                request(monitor, f"/{number}/{day}/{route}")
            monitor.snapshot()
            clock.advance(86_400)

    month(0)
    tracemalloc.start()
    month(1)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(2, 12):
        month(number)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after < before + 200_000


@pytest.mark.parametrize("leap", [-200_000.0, 200_000.0])
def test_leap_of_the_wall_clock_ends_nothing(leap) -> None:
    """A series is idle for as long as time has passed, whatever the wall clock is set to meanwhile."""
    passed, wall = FakeClock(), FakeClock()
    clock = Clock(monotonic=lambda: passed.now, wall=lambda: wall.now)
    monitor = PerformanceMonitor(registry=None, clock=clock, retention=60)
    monitor.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    monitor.snapshot()
    wall.advance(leap)
    passed.advance(59)
    assert 1.0 == value(monitor, "jobs_total", kind="a")
    passed.advance(1)

    assert None is value(monitor, "jobs_total", kind="a")


def test_what_the_toolkit_says_of_itself_stays(clock) -> None:
    """What has overflowed, and what has left, is told for ever: to tell it is no reason to tell more."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, retention=60, max_series=1)
    jobs = monitor.counter("jobs", "Jobs.", ["kind"])
    jobs.labels("a").inc()
    jobs.labels("b").inc()
    for _ in range(10):
        monitor.snapshot()
        clock.advance(60)

    names = "mcp_monitor_overflowed_total", "mcp_monitor_expired_total"
    told = {key: number for key, number in samples(monitor).items() if key[0] in names}
    assert {
        ("mcp_monitor_overflowed_total", frozenset({("family", "jobs_total")})): 1.0,
        ("mcp_monitor_expired_total", frozenset({("family", "jobs_total")})): 2.0,
    } == told
