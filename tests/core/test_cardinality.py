"""Whatever clients and callers invent, memory stays within bounds."""

from __future__ import annotations

import gc
import mmap
from pathlib import Path

import pytest
from support.readings import total, value

from mcp_perf import PerformanceMonitor, monitor_call
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware

pytestmark = pytest.mark.long

WARM = 20_000


def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def paths(monitor):
    """Requests whose path, taken for the route, is another each time."""
    measured = PerformanceMonitoringMiddleware(app, monitor, normalize_path=lambda path: path)

    def event(number):
        list(measured({"REQUEST_METHOD": "GET", "PATH_INFO": f"/{number}"}, lambda *_: None))

    return event


def methods(monitor):
    """Requests with another invented method each time."""
    measured = PerformanceMonitoringMiddleware(app, monitor)

    def event(number):
        list(measured({"REQUEST_METHOD": f"M{number}", "PATH_INFO": "/"}, lambda *_: None))

    return event


def labels(monitor):
    """A counter with another label value each time."""
    counter = monitor.counter("jobs", "Jobs.", ["kind"])
    return lambda number: counter.labels(number).inc()


def names(monitor):
    """A block with another name each time."""

    def event(number):
        with monitor_call(f"job {number}", monitor=monitor):
            pass

    return event


def resident():
    """The bytes of memory that this process has in use."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell")
@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize(
    ("kind", "number"), [(paths, 100_000), (methods, 100_000), (labels, 1_000_000), (names, 100_000)]
)
def test_values_never_seen_before_take_no_memory(tmp_path, kind, number, is_shared) -> None:
    """A stream of values of which each is new grows nothing, once the series have found no more places."""
    settings = {"worker_dir": tmp_path / "workers"} if is_shared else {}
    event = kind(PerformanceMonitor(registry=None, max_series=100, **settings))
    for one in range(WARM):
        event(one)
    before = resident()
    for one in range(WARM, number):
        event(one)

    assert resident() - before < 60 * number


def test_overflow_is_one_series_and_is_counted(tmp_path) -> None:
    """What finds no place is in one series, and how often that was is told."""
    monitor = PerformanceMonitor(registry=None, max_series=3, worker_dir=tmp_path / "workers")
    counter = monitor.counter("jobs", "Jobs.", ["kind"])
    for number in range(10):
        counter.labels(number).inc()

    assert 7.0 == value(monitor, "jobs_total", kind="_overflow")
    assert 10.0 == total(monitor, "jobs_total")
    assert 7.0 == value(monitor, "mcp_monitor_overflowed_total", family="jobs_total")
