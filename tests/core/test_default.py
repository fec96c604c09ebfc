"""The default monitor: built on first use, replaced by `configure`, followed by what uses it."""

from __future__ import annotations

import pytest
from support.readings import value

import mcp_perf
from mcp_perf import configure, get_monitor, monitor_call, monitor_db_operation
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware


@pytest.fixture(autouse=True)
def fresh_default():
    """Each test has a default monitor that nothing else has counted in."""
    configure(registry=None)
    yield
    configure(registry=None)


def call(app, path="/"):
    return b"".join(app({"REQUEST_METHOD": "GET", "PATH_INFO": path}, lambda *args: None))


def test_default_monitor_is_one() -> None:
    """Everybody who asks gets the same monitor."""
    assert get_monitor() is get_monitor()


def test_decorators_and_middlewares_follow_a_later_configure() -> None:
    """What was decorated or wrapped before `configure` records in the monitor that it makes."""

    @monitor_db_operation("select", "users")
    def query():
        return "rows"

    def app(environ, start_response):
        start_response("200 OK", [])
        return [query().encode()]

    wrapped = PerformanceMonitoringMiddleware(app)
    assert b"rows" == call(wrapped)
    first = get_monitor()
    second = configure(registry=None, namespace="second")
    assert b"rows" == call(wrapped)

    labels = {"operation": "select", "table": "users", "status": "success"}
    assert second is get_monitor()
    assert 1 == value(first, "mcp_db_operations_total", **labels)
    assert 1 == value(second, "second_db_operations_total", **labels)
    http = {"method": "GET", "route": "<unmatched>", "status": "200"}
    assert 1 == value(first, "mcp_http_requests_total", **http)
    assert 1 == value(second, "second_http_requests_total", **http)


def test_configure_with_a_wrong_setting_changes_nothing() -> None:
    """A wrong `configure` fails, and the monitor there was goes on."""
    before = get_monitor()
    with pytest.raises(ValueError, match="namespace"):
        configure(namespace="a-b")

    assert before is get_monitor()


def test_configure_goes_over_the_environment(monkeypatch) -> None:
    """A keyword counts before the environment, which counts where there is no keyword."""
    monkeypatch.setenv("MCP_PERF_NAMESPACE", "environment")
    monkeypatch.setenv("MCP_PERF_ENABLED", "0")
    configured = configure(namespace="keyword")

    assert ("keyword", False) == (configured.settings.namespace, configured.enabled)


def test_call_whose_monitor_cannot_be_made_goes_unmeasured(monkeypatch, caplog) -> None:
    """Where the default monitor has no room for a call's labels, the call works all the same."""

    def broken(*args):
        raise RuntimeError("broken")

    monkeypatch.setattr(get_monitor(), "family", broken)
    monkeypatch.setattr(get_monitor().operations, "call", broken)

    @monitor_call("work")
    def work():
        return "done"

    assert ("done", "done") == (work(), work())
    assert 1 == len([record for record in caplog.records if "unmeasured" in record.message])


def test_public_names() -> None:
    """The package's public names are these."""
    expected = [
        "PerformanceMonitor",
        "configure",
        "get_monitor",
        "monitor_call",
        "monitor_db_operation",
        "monitor_workflow_step",
    ]

    assert expected == sorted(mcp_perf.__all__)
    assert all(hasattr(mcp_perf, name) for name in expected)
