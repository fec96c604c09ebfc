"""The endpoint: one handler for every face of the metrics app."""

from __future__ import annotations

import gzip
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_perf import PerformanceMonitor, monitor_call, monitor_db_operation, monitor_workflow_step
from mcp_perf.endpoint import Endpoint, Request
from mcp_perf.mount_point import MountPoint, standalone_path

SECTIONS = [
    "service",
    "generated_at",
    "uptime_seconds",
    "workers",
    "http",
    "database",
    "workflows",
    "custom",
    "process",
    "monitor",
]


@pytest.fixture
def ask(monitor):
    endpoint = Endpoint(monitor)

    def ask(path="", method="GET", query="", **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return endpoint.answer(Request(method, path, query, lambda name: fields.get(name, "")))

    return ask


def summary(answer):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(answer.body, parse_constant=refuse)


@pytest.mark.parametrize("path", ["", "/"])
def test_metrics(ask, path) -> None:
    """The metrics are at the mount point itself."""
    answer = ask(path)

    assert 200 == answer.status
    assert b"# TYPE mcp_monitor_series gauge" in answer.body
    assert "text/plain; version=0.0.4; charset=utf-8" == dict(answer.headers)["Content-Type"]


@pytest.mark.parametrize("path", ["/summary", "/summary/"])
def test_summary_is_json(ask, path) -> None:
    """The summary is JSON with all its sections."""
    answer = ask(path)

    assert (200, "application/json") == (answer.status, dict(answer.headers)["Content-Type"])
    assert SECTIONS == list(summary(answer))


@pytest.mark.parametrize("path", ["/nope", "/summary/more", "//", "/metrics", "/../etc", "/ü"])
def test_nothing_else_is_there(ask, path) -> None:
    """Any other path is 404, except for slashes at the end."""
    assert (200 if path == "//" else 404) == ask(path).status


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS", "get", ""])
def test_other_methods_are_not_allowed(ask, method) -> None:
    """Other methods are answered 405, with the ones there are."""
    answer = ask(method=method)

    assert (405, "GET, HEAD") == (answer.status, dict(answer.headers)["Allow"])


def test_head_is_get_without_the_body(ask) -> None:
    """HEAD has the headers of GET, the length too, and no body."""
    head = ask("/nope", "HEAD")

    assert (ask("/nope").headers, b"") == (head.headers, head.body)
    assert b"" == ask(method="HEAD").body


@pytest.mark.parametrize(
    ("accept_encoding", "zipped"),
    [
        ("", False),
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("*", True),
    ],
)
def test_gzip(ask, accept_encoding, zipped) -> None:
    """The answer is compressed where that is accepted."""
    answer = ask(accept_encoding=accept_encoding)
    body = gzip.decompress(answer.body) if zipped else answer.body

    assert zipped == (dict(answer.headers).get("Content-Encoding") == "gzip")
    assert b"# TYPE mcp_monitor_series gauge" in body
    assert str(len(answer.body)) == dict(answer.headers)["Content-Length"]


def test_names_restrict_the_metrics(ask) -> None:
    """``name[]`` restricts the answer."""
    answer = ask(query="name[]=mcp_monitor_workers")

    lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    assert ["mcp_monitor_workers 1.0"] == lines


@given(
    st.text(max_size=20),
    st.text(max_size=20),
    st.text(max_size=40),
    st.text(max_size=40),
    st.text(max_size=40),
)
def test_no_question_breaks_it(method, path, query, accept, accept_encoding) -> None:
    """Whatever is asked, there is an answer."""
    endpoint = Endpoint(PerformanceMonitor(registry=None))
    headers = {"accept": accept, "accept-encoding": accept_encoding}
    for prefix in ("", "/summary", "/metrics"):
        question = Request(method, prefix + path, query, lambda name: headers.get(name, ""))
        assert endpoint.answer(question).status in (200, 404, 405)


def test_summary_of_nothing(ask) -> None:
    """Before anything was measured nothing is known, and nothing is NaN."""
    http = summary(ask("/summary"))["http"]

    assert (0, 0, None, []) == (http["requests"], http["errors"], http["error_rate"], http["routes"])
    assert {None} == set(http["latency_seconds"].values())


def test_summary_of_operations(ask, monitor, clock) -> None:
    """Database operations, steps, active workflows, calls and metrics of one's own are all there."""

    @monitor_db_operation("select", "users", monitor=monitor)
    def query(seconds, error=None):
        clock.advance(seconds)
        if error:
            raise error

    for seconds in (1, 2, 3):
        query(seconds)
    with pytest.raises(ValueError, match="no"):
        query(4, ValueError("no"))
    monitor.histogram("sizes", "Sizes.", ["kind"]).labels("a").observe(2)
    monitor.gauge("level", "Level.").set(float("inf"))
    with monitor_workflow_step("order", "pay", monitor=monitor), monitor_call("mail", monitor=monitor):
        found = summary(ask("/summary"))
    done = summary(ask("/summary"))

    [operation] = found["database"]["operations"]
    assert {"operation": "select", "table": "users", "count": 4, "errors": 1, "error_rate": 0.25} == {
        key: operation[key] for key in ("operation", "table", "count", "errors", "error_rate")
    }
    assert {"success": 3, "error": 1} == operation["statuses"]
    assert 2.5 == operation["latency_seconds"]["mean"]
    assert operation["latency_seconds"]["p50"] == pytest.approx(2, rel=0.05)
    assert operation["latency_seconds"]["max"] == pytest.approx(4, rel=0.05)
    assert ({"order": 1}, {"order": 0}) == (found["workflows"]["active"], done["workflows"]["active"])
    assert [("order", "pay", 1)] == [
        (s["workflow"], s["step"], s["count"]) for s in done["workflows"]["steps"]
    ]
    custom = {metric["name"]: metric["series"] for metric in done["custom"]}
    assert {"sizes", "level", "mcp_calls_total"} == set(custom)
    assert [{"labels": {}, "value": None}] == custom["level"]
    assert 1 == custom["sizes"][0]["count"]


def test_custom_metrics_may_be_named_like_ours(ask, monitor) -> None:
    """A metric of one's own is in the section `custom`, whatever its name begins with."""
    names = [
        "db_pool_size",
        "http_requests",
        "active_workflows",
        "monitor_level",
        "http_requests_in_progress",
    ]
    for name in names:
        monitor.gauge(name, "Own.").set(3)
    found = summary(ask("/summary"))

    assert set(names) == {metric["name"] for metric in found["custom"]}
    assert (0, 0) == (found["http"]["requests"], found["http"]["in_progress"])


def test_summary_dates_and_names(clock) -> None:
    """The summary says which service it is of, when it was made and for how long it has been measured."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, service="shop")
    clock.advance(90)
    found = summary(Endpoint(monitor).answer(Request("GET", "/summary")))

    assert ("shop", 90) == (found["service"], found["uptime_seconds"])
    assert clock.now == datetime.fromisoformat(found["generated_at"]).timestamp()
    assert found["process"]["pid"] > 0


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("/metrics", ""),
        ("/metrics/", "/"),
        ("/metrics/summary", "/summary"),
        ("/metricsfoo", None),
        ("/", None),
    ],
)
def test_mount_point(path, rest) -> None:
    """What lies at the mount point or below it leads to the metrics app, and nothing else."""
    assert rest == MountPoint("/metrics/").rest(path)


@pytest.mark.parametrize(
    ("path", "rest"), [("/metrics", ""), ("/metrics/summary", "/summary"), ("/summary", "/summary"), ("", "")]
)
def test_alone(path, rest) -> None:
    """Served by itself the metrics app answers at ``/metrics`` as well as at its root."""
    assert rest == standalone_path(path)


@pytest.mark.parametrize(
    "path", ["metrics", "/", "", "//", None, 5, "/a?b", "/a#b", "/a\nb", "/\udc80"], ids=ascii
)
def test_wrong_mount_point(path) -> None:
    """A mount point without a leading slash or a name is refused, naming it."""
    with pytest.raises(ValueError, match="path must be a path with a leading '/'"):
        MountPoint(path)


@pytest.mark.parametrize(
    ("path", "query", "sentence"),
    [
        ("/summary", "top=0", "top must be a whole number from 1 to 10000, not '0'\n"),
        ("/summary", "top=1&top=2", "top must be given once, not 2 times\n"),
        ("", "&".join(["name[]=a"] * 1001), "the query string must have at most 1000 parameters\n"),
    ],
)
def test_wrong_questions_are_told(ask, path, query, sentence) -> None:
    """A query that is wrong is answered 400, with one sentence that says what is allowed."""
    answer = ask(path, query=query)

    assert (400, sentence) == (answer.status, answer.body.decode())


def test_summary_can_be_shortened(monitor, ask) -> None:
    """``?top=1`` leaves the busiest of each list, and says how many there are besides."""
    for name in ("a", "b", "b"):
        monitor_db_operation("select", name, monitor=monitor)(lambda: None)()

    (operation,) = summary(ask("/summary", query="top=1"))["database"]["operations"]
    assert "b" == operation["table"]


def test_schema_is_served(ask) -> None:
    """Beside the summary is its JSON Schema."""
    answer = ask("/summary/schema")

    assert (200, "application/schema+json") == (answer.status, dict(answer.headers)["Content-Type"])
    assert "https://json-schema.org/draft/2020-12/schema" == json.loads(answer.body)["$schema"]
