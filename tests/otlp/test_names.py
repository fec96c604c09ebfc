"""Names: those of ``/metrics`` unless OpenTelemetry's are asked for, the stable ones of its conventions."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.semconv.attributes import db_attributes, error_attributes, http_attributes, url_attributes
from opentelemetry.semconv.metrics import db_metrics, http_metrics
from support.asgi_driver import http_scope, serve

from mcp_perf import monitor_call, monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters import asgi

METHOD, ROUTE = http_attributes.HTTP_REQUEST_METHOD, http_attributes.HTTP_ROUTE
STATUS, ERROR = http_attributes.HTTP_RESPONSE_STATUS_CODE, error_attributes.ERROR_TYPE


async def answer(scope, receive, send):
    """An ASGI application that answers with the status that the path says."""
    await send({"type": "http.response.start", "status": int(scope["path"][1:]), "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


def attributes(one, metric):
    return [dict(point.attributes) for point in one.receiver.points(metric)]


@pytest.fixture
def served(pushed):
    """``served(*requests, **options)``: a push after these, each a method, a path and a route."""

    def after(*requests, settings=None, middleware=None, **options):
        one = pushed(settings, names="opentelemetry", **options)
        for method, path, route in requests:
            app = asgi.PerformanceMonitoringMiddleware(
                answer, monitor=one.monitor, route=lambda _, route=route: route, **(middleware or {})
            )
            serve(app, http_scope(method, path))
        assert one.push()
        return one

    return after


def test_http_server_duration(served) -> None:
    """Requests are in the stable histogram, with the stable attributes."""
    one = served(
        ("GET", "/200", "/items/{id}"), ("BREW", "/404", None), ("POST", "/503", "/pay"), url_scheme="https"
    )
    point = one.receiver.last(http_metrics.HTTP_SERVER_REQUEST_DURATION)

    assert ("s", "histogram") == (point.unit, point.kind)
    assert [
        {METHOD: "GET", ROUTE: "/items/{id}", STATUS: 200, url_attributes.URL_SCHEME: "https"},
        {METHOD: "_OTHER", STATUS: 404, url_attributes.URL_SCHEME: "https"},
        {METHOD: "POST", ROUTE: "/pay", STATUS: 503, ERROR: "503", url_attributes.URL_SCHEME: "https"},
    ] == attributes(one, http_metrics.HTTP_SERVER_REQUEST_DURATION)
    assert 3 == sum(point.number for point in one.receiver.points("mcp.http.server.requests"))


def test_what_else_http_has(served) -> None:
    """What is in progress and the sizes of bodies are called by the conventions; all else is ours."""
    one = served(
        ("GET", "/200", "/a"),
        middleware={"request_size": True, "response_size": True, "time_to_first_byte": True},
    )
    found = {
        point.metric: (point.unit, point.kind) for point in one.receiver.points() if "http" in point.metric
    }

    assert {
        "http.server.request.duration": ("s", "histogram"),
        "http.server.active_requests": ("{request}", "sum"),
        "http.server.request.body.size": ("By", "histogram"),
        "http.server.response.body.size": ("By", "histogram"),
        "mcp.http.server.requests": ("{request}", "sum"),
        "mcp.http.server.time_to_first_byte": ("s", "histogram"),
    } == found
    assert [{METHOD: "GET"}] == attributes(one, "http.server.active_requests")


def test_client_that_went_away(served) -> None:
    """No status was sent to a client that went away, so there is none; the error says why."""
    assert [{METHOD: "GET", ROUTE: "/a", ERROR: "499"}] == attributes(
        served(("GET", "/499", "/a")), http_metrics.HTTP_SERVER_REQUEST_DURATION
    )


def test_grouped_statuses_stay_apart(served) -> None:
    """Groups of statuses, which no convention knows, are an attribute of their own, and no series are one."""
    found = served(("GET", "/200", "/a"), ("GET", "/500", "/a"), middleware={"status_groups": True})
    group = "http.response.status_group"

    assert [
        {METHOD: "GET", ROUTE: "/a", group: "2xx"},
        {METHOD: "GET", ROUTE: "/a", group: "5xx", ERROR: "5xx"},
    ] == attributes(found, http_metrics.HTTP_SERVER_REQUEST_DURATION)


def test_overflow(served) -> None:
    """What found no place under the cap has the attribute that the SDK gives to that."""
    one = served(*[("GET", "/200", f"/{number}") for number in range(3)], settings={"max_series": 2})

    assert {"otel.metric.overflow": True} in attributes(one, http_metrics.HTTP_SERVER_REQUEST_DURATION)


def test_database_client(pushed) -> None:
    """Operations are in the stable histogram; which system it is somebody has to say."""
    one = pushed({"db_system": "postgresql"}, names="opentelemetry")
    with monitor_db_operation("SELECT", "users", monitor=one.monitor):
        pass
    with pytest.raises(OSError), monitor_db_operation("SELECT", "users", monitor=one.monitor):  # noqa: PT011
        raise OSError
    with pytest.raises(asyncio.CancelledError), monitor_db_operation("SELECT", "users", monitor=one.monitor):
        raise asyncio.CancelledError
    assert one.push()
    common = {
        db_attributes.DB_OPERATION_NAME: "SELECT",
        db_attributes.DB_COLLECTION_NAME: "users",
        db_attributes.DB_SYSTEM_NAME: "postgresql",
    }

    assert [common, {**common, ERROR: "_OTHER"}, {**common, ERROR: "cancelled"}] == attributes(
        one, db_metrics.DB_CLIENT_OPERATION_DURATION
    )


def test_database_that_nobody_has_named(pushed) -> None:
    """The system that is required is then the one for any other."""
    one = pushed(names="opentelemetry")
    with monitor_db_operation("SELECT", "users", monitor=one.monitor):
        pass
    assert one.push()
    assert "other_sql" == attributes(one, "db.client.operation.duration")[0]["db.system.name"]


def test_what_has_no_convention(pushed) -> None:
    """All else has a dotted name in the namespace; the user's own metrics keep theirs."""
    one = pushed({"namespace": "shop"}, names="opentelemetry")
    with monitor_workflow_step("checkout", "pay", monitor=one.monitor):
        pass
    with monitor_call("render", labels={"method": "pdf"}, monitor=one.monitor):
        pass
    one.monitor.counter("shop_orders_total", "Orders.", ["method"]).labels("card").inc()
    one.monitor.histogram("wait_seconds", "Waiting.").observe(1)
    one.monitor.gauge("seconds", "Seconds.").set(1)
    assert one.push()

    assert [{"workflow.name": "checkout", "workflow.step.name": "pay"}] == attributes(
        one, "shop.workflow.step.duration"
    )
    assert [{"call.name": "render", "method": "pdf"}] == attributes(one, "shop.call.duration")
    assert [{"method": "card"}] == attributes(one, "shop_orders_total")
    assert "s" == one.receiver.last("wait_seconds").unit
    assert {"seconds", "shop.calls", "shop.workflow.active_runs", "shop.monitor.series"} <= {
        point.metric for point in one.receiver.points()
    }


def test_metrics_that_differ_by_their_unit_alone(pushed) -> None:
    """Metrics of the user's own stay apart that differ by the unit or the type in their names alone."""
    one = pushed(names="opentelemetry")
    one.monitor.histogram("jobs_seconds", "How long jobs took.").observe(1)
    one.monitor.histogram("jobs_bytes", "How large jobs were.").observe(1)
    one.monitor.counter("jobs", "Jobs.").inc()
    one.monitor.counter("x", "X.").inc()
    one.monitor.gauge("x_seconds", "For how long there is X.").set(1)
    assert one.push()

    assert [
        ("jobs_bytes", "By", "histogram"),
        ("jobs_seconds", "s", "histogram"),
        ("jobs_total", "", "sum"),
        ("x_seconds", "s", "gauge"),
        ("x_total", "", "sum"),
    ] == sorted(
        (point.metric, point.unit, point.kind)
        for point in one.receiver.points()
        if point.metric.startswith(("jobs", "x"))
    )


def test_resource(pushed, environment) -> None:
    """The resource says which service it is, by the specification's order of precedence, and which SDK."""
    environment.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=env,service.version=7,team=a%20b")
    one = pushed(resource={"team": "mine"})
    one.push()
    found = dict(one.receiver.points()[0].resource)

    assert ("env", "7", "mine") == (found["service.name"], found["service.version"], found["team"])
    assert ("opentelemetry", "python") == (found["telemetry.sdk.name"], found["telemetry.sdk.language"])
    assert "process.pid" not in found, "all workers are one instance"
    assert 36 == len(found["service.instance.id"])

    named = pushed({"service": "shop"})
    named.push()
    assert "shop" == dict(named.receiver.points()[0].resource)["service.name"]


def test_instance_that_was_given(pushed, environment) -> None:
    """Who knows the identifier of an instance says it, and otherwise it is the same with each push."""
    one = pushed()
    one.push()
    one.push()
    assert 1 == len({point.instance for point in one.receiver.points()})

    environment.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-7")
    other = pushed()
    other.push()
    assert {"pod-7"} == {point.instance for point in other.receiver.points()}
