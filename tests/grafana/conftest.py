"""Services to make dashboards of, and the command that does."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from support.grafana import dashboards

from mcp_perf import PerformanceMonitor, monitor_call, monitor_db_operation, monitor_workflow_step
from mcp_perf.cli import main


@pytest.fixture
def monitor():
    """A monitor that has measured an operation, a step, a call, and what is the application's own."""
    found = PerformanceMonitor(registry=CollectorRegistry(), namespace="own", buckets=[0.1, 0.3, 1, 2])
    with (
        monitor_db_operation("select", "users", monitor=found),
        monitor_workflow_step("order", "pay", monitor=found),
        monitor_call("render", monitor=found),
    ):
        pass
    found.counter("jobs", "Jobs done.", ["queue"]).labels("mail").inc()
    found.gauge("stock_bytes", "What is in stock.").set(3)
    found.histogram("wait_seconds", "Waiting.").observe(1)
    return found


@pytest.fixture
def served(monitor):
    """The URL of its metrics app."""
    with monitor.serve(port=0) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def make(tmp_path):
    """Has the command write dashboards with options; gives them by name."""

    def run(*options):
        assert 0 == main(["dashboards", "--out", str(tmp_path / "out"), *options])
        return dashboards(tmp_path / "out" / "dashboards")

    return run
