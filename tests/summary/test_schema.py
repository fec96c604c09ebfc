"""The schema of the summary: every summary keeps to it, and hardly anything else does."""

from __future__ import annotations

import asyncio
import copy
import json
import math

import pytest
from django.http import HttpResponse
from django.urls import path
from fastapi import FastAPI
from flask import Flask
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from support import django_project
from support.asgi_driver import http_scope, serve, websocket_scope
from support.workers import Worker
from support.wsgi_driver import ask

from mcp_perf import PerformanceMonitor, monitor_call, monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters import asgi, fastapi, flask, wsgi
from mcp_perf.endpoint import Endpoint, Request
from mcp_perf.summary import schema, summarise, written

VALIDATOR = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def keeps(monitor, **options):
    """The summary of a monitor, as whoever asks for it reads it, if it keeps to the schema."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    parts = written(summarise(monitor.snapshot(), **options))
    found = json.loads(b"".join(parts), parse_constant=refuse)
    assert [] == [error.message for error in VALIDATOR.iter_errors(found)]
    return found


async def answer(scope, receive, send):
    """An ASGI application: everything is found, but what is a WebSocket, which talks and goes."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
    elif scope["path"] == "/boom":
        raise ValueError("boom")
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here"})


def bare(environ, start_response):
    """The same in WSGI."""
    if environ["PATH_INFO"] == "/boom":
        raise ValueError("boom")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"here"]


def with_asgi(monitor):
    app = asgi.instrument(answer, monitor=monitor)
    serve(app, websocket_scope())
    return lambda path: serve(app, http_scope(path=path))


def with_wsgi(monitor):
    app = wsgi.instrument(bare, monitor=monitor)
    return lambda path: ask(app, path=path)


def with_starlette(monitor):
    async def user(request):
        return PlainTextResponse("here")

    def boom(request):
        raise ValueError("boom")

    app = Starlette(routes=[Route("/users/{uid}", user), Route("/boom", boom)])
    app = fastapi.instrument(app, monitor=monitor)
    return lambda path: serve(app, http_scope(path=path))


def with_fastapi(monitor):
    app = FastAPI()
    app.add_middleware(fastapi.PerformanceMonitoringMiddleware, monitor=monitor)

    @app.get("/users/{uid}")
    async def user(uid: int):
        return uid

    @app.get("/boom")
    async def boom():
        raise ValueError("boom")

    return lambda path: serve(app, http_scope(path=path))


def with_flask(monitor):
    app = Flask(__name__)
    flask.PerformanceMonitoring(app, monitor=monitor)

    @app.get("/users/<uid>")
    def user(uid):
        return uid

    @app.get("/boom")
    def boom():
        raise ValueError("boom")

    return lambda path: ask(app.wsgi_app, path=path)


def with_django(monitor):
    def boom(request):
        raise ValueError("boom")

    with django_project.configured(monitor):
        app = django_project.wsgi(
            [path("users/<int:uid>", lambda request, uid: HttpResponse(uid)), path("boom", boom)]
        )
    return lambda path: ask(app, path=path)


FRAMEWORKS = [with_asgi, with_wsgi, with_starlette, with_fastapi, with_flask, with_django]


def full(monitor, sizes=3):
    """Have a monitor measure something of everything, `sizes` of each kind."""
    get = with_asgi(monitor)
    get("/boom")
    for number in range(sizes):
        with monitor_db_operation("select", f"table{number}", monitor=monitor):
            pass
        with monitor_workflow_step("order", f"step{number}", monitor=monitor):
            pass
        with monitor_workflow_step(f"flow{number}", "first", monitor=monitor):
            pass
        with monitor_call(f"call{number}", monitor=monitor, labels={"kind": "x"}):
            pass
        monitor.counter("jobs", "Jobs.", ["kind"]).labels(number).inc(number + 0.5)
        monitor.gauge("level", "Level.", ["kind"], multiprocess_mode="all").labels(number).set(-number)
        monitor.histogram("sizes", "Sizes.", ["kind"]).labels(number).observe(number - 1)


def test_the_schema_is_one() -> None:
    """The schema is valid itself, and names its dialect."""
    Draft202012Validator.check_schema(schema())

    assert "https://json-schema.org/draft/2020-12/schema" == schema()["$schema"]


def test_the_schema_is_the_caller_s_own() -> None:
    """What a caller does to the schema nobody else sees."""
    schema().clear()

    assert {} != schema()


@pytest.mark.parametrize("top", [None, 1, 10_000])
def test_nothing_measured(monitor, top) -> None:
    """The summary of a monitor that has measured nothing keeps to the schema."""
    assert [] == keeps(monitor, top=top)["http"]["routes"]


def test_nothing_measured_by_one_that_is_off() -> None:
    """So does that of a monitor that is off."""
    assert [] == keeps(PerformanceMonitor(registry=None, enabled=False))["http"]["routes"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("status_groups", [False, True])
def test_frameworks(framework, status_groups, clock) -> None:
    """Whatever framework has answered: found, not found and failed."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, status_groups=status_groups)
    get = framework(monitor)
    for asked in ("/users/7", "/nowhere", "/boom"):
        get(asked)
    found = keeps(monitor)["http"]

    assert (3, 1) == (found["requests"], found["errors"])
    assert 3 == sum(sum(route["statuses"].values()) for route in found["routes"])


@pytest.mark.parametrize("top", [None, 1, 2, 5])
def test_everything_measured(monitor, top) -> None:
    """The summary with something of everything in it, shortened or not."""
    full(monitor)
    found = keeps(monitor, top=top)

    shown = min(top or 3, 3)
    assert [shown] * 3 == [len(one["series"]) for one in found["custom"] if one["name"] != "mcp_calls_total"]
    assert 1 == len(found["http"]["websockets"]["connections"])
    assert 1 == len(found["http"]["exceptions"])


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, 2**53, -0.0, 1.5])
@pytest.mark.parametrize("top", [None, 1])
def test_odd_values(monitor, value, top) -> None:
    """Whatever a metric of one's own holds, there is a number or null."""
    monitor.gauge("level", "Level.").set(value)
    if not math.isnan(value):
        monitor.histogram("sizes", "Sizes.").observe(value)
        if value > 0:
            monitor.counter("jobs", "Jobs.").inc(value)
    found = {metric["name"]: metric["series"][0] for metric in keeps(monitor, top=top)["custom"]}

    assert (value if math.isfinite(value) else None) == found["level"]["value"]


def test_great_numbers_stay_short(monitor) -> None:
    """A number too great to tell one whole number from the next is written as a float is."""
    monitor.gauge("level", "Level.").set(1e300)

    assert b'"value": 1e+300' in b"".join(written(summarise(monitor.snapshot())))


@pytest.mark.parametrize(
    "text", ["", '"', "\\", "ü", "\x00\n", "\ud800", "x" * 300, "__proto__", "</script>"]
)
def test_odd_labels(monitor, text) -> None:
    """Whatever a label says is a string of the summary."""
    monitor.gauge("level", text, ["kind"]).labels(text).set(1)
    with monitor_workflow_step("w" + text, "s" + text, monitor=monitor):
        keeps(monitor)

    assert 1 == len(keeps(monitor)["workflows"]["steps"])


def test_overflow(clock) -> None:
    """The series that has what found no place is one like others."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, max_series=2)
    full(monitor, 10)

    assert {"_overflow"} & {one["table"] for one in keeps(monitor)["database"]["operations"]}


def test_several_workers(tmp_path) -> None:
    """What several workers have measured, one of them dead, each with a gauge of its own."""
    with Worker(tmp_path) as dead:
        dead.use(calls=2, counters={"a": 1})
        dead.kill()
        with Worker(tmp_path) as live:
            live.use(calls=3, counters={"a": 1, "b": 2}, gauge=5)
            monitor = PerformanceMonitor(registry=None, worker_dir=tmp_path)
            full(monitor)
            found = keeps(monitor, top=2)

    assert (2, 2) == (found["workers"], len(found["process"]["workers"]))
    calls = [one for metric in found["custom"] if metric["type"] == "counter" for one in metric["series"]]
    assert [5] == [one["count"] for one in calls if one["labels"].get("name") == "job"]


def test_what_the_endpoint_answers(monitor) -> None:
    """What ``/metrics/summary`` answers keeps to it as well."""
    full(monitor)
    found = json.loads(Endpoint(monitor).answer(Request("GET", "/summary")).body)

    assert [] == list(VALIDATOR.iter_errors(found))


def test_what_an_event_loop_answers(monitor) -> None:
    """In an event loop too."""
    full(monitor)
    response = asyncio.run(Endpoint(monitor).answer_async(Request("GET", "/summary")))

    assert [] == list(VALIDATOR.iter_errors(json.loads(response.body)))


def objects(value, place=()):
    """Every object in a value with the way to it, the first only of each list."""
    if isinstance(value, dict):
        yield place
        for key, one in value.items():
            yield from objects(one, (*place, key))
    elif isinstance(value, list) and value:
        yield from objects(value[0], (*place, 0))


# What is there depends on the application, the user, the system.
OPEN = {"statuses", "labels", "active", "process"}


def test_strictness(monitor) -> None:
    """Any key more or less than the contract has is refused, wherever it has fixed them."""
    full(monitor)
    found = keeps(monitor)
    fixed = [place for place in objects(found) if not OPEN & set(place)]
    refused = []
    for place in fixed:
        for key in [*_at(found, place), None]:
            changed = copy.deepcopy(found)
            if key is None:
                _at(changed, place)["more"] = 1
            else:
                del _at(changed, place)[key]
            refused.append((place, key, not VALIDATOR.is_valid(changed)))

    assert 15 < len(fixed)
    assert [] == [(place, key) for place, key, is_refused in refused if not is_refused]


def _at(value, place):
    for key in place:
        value = value[key]
    return value


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("generated_at",), "yesterday"),
        (("workers",), "1"),
        (("uptime_seconds",), -1),
        (("http", "requests"), 1.5),
        (("http", "error_rate"), 1.01),
        (("http", "latency_seconds", "p50"), -1),
        (("http", "routes", 0, "method"), None),
        (("http", "routes", 0, "statuses"), {"200": "1"}),
        (("custom", 0, "type"), "summary"),
        (("custom", 0, "series", 0, "labels"), {"kind": 1}),
        (("process", "pid"), None),
    ],
)
def test_wrong_values(monitor, place, wrong) -> None:
    """A value of another kind than the contract's is refused."""
    full(monitor)
    found = keeps(monitor)
    _at(found, place[:-1])[place[-1]] = wrong

    assert not VALIDATOR.is_valid(found)
