"""Surveys: what is read of a service's metrics, for dashboards and rules that fit it."""

from __future__ import annotations

import pytest
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from mcp_perf import PerformanceMonitor, monitor_db_operation
from mcp_perf.remote import Client, NoAnswerError
from mcp_perf.remote.survey import Measured, survey, survey_of, usual


@pytest.fixture
def monitor():
    monitor = PerformanceMonitor(registry=None, namespace="own", buckets=[0.5, 2])
    monitor.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    with monitor_db_operation("select", "users", monitor=monitor):
        pass
    return monitor


@pytest.mark.parametrize("path", ["", "/metrics"])
def test_service(monitor, path) -> None:
    """A service says its namespace, its labels, its buckets and its own metrics."""
    with monitor.serve(port=0) as server:
        found = survey(Client(f"http://127.0.0.1:{server.port}{path}"))
    assert "own" == found.namespace
    duration = found.of("db_operation_duration_seconds")
    assert (("operation", "status", "table"), (0.5, 2.0)) == (duration.labelnames, duration.bounds)
    assert (Measured("jobs_total", "counter", "Jobs.", ("kind",)),) == found.custom
    assert found.of("http_requests_total") is None


@pytest.mark.parametrize("text", ["", "up 1\n", "<html>", "a{ 1"])
def test_something_else(text) -> None:
    """What is no text of a monitor is refused."""
    with pytest.raises(ValueError, match=r"."):
        survey_of(text)


def test_nobody(monitor) -> None:
    """Where no metrics are, that is said."""
    with monitor.serve(port=0) as server, pytest.raises(NoAnswerError, match="shows no metrics of mcp_perf"):
        survey(Client(f"http://127.0.0.1:{server.port}/elsewhere"))


def test_usual(monitor) -> None:
    """What the toolkit brings has the names, types and buckets that a service shows."""
    _, body = monitor.render()
    shown = survey_of(body.decode())
    expected = usual("own", [0.5, 2])
    for one in shown.measured:
        if one not in shown.custom and one.labelnames:
            brought = expected.of(one.name.removeprefix("own_"))
            assert (brought.type, brought.bounds, set(brought.labelnames)) == (
                one.type,
                one.bounds,
                set(one.labelnames),
            )


def test_custom_metrics_that_begin_like_others() -> None:
    """Metrics of the application are its own, however they begin; those that others bring are not."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    Histogram("process_time_seconds", "Time.", registry=registry).observe(1)
    Counter("python_jobs", "Jobs.", registry=registry).inc()
    Gauge("up", "Which Prometheus has of every target.", registry=registry)
    monitor = PerformanceMonitor(registry=registry)
    found = survey_of(monitor.render()[1].decode()).custom
    names = {one.name for one in found if not one.name.endswith("_created")}
    assert {"process_time_seconds", "python_jobs_total"} == names
