"""The trace of a request or call on the bucket that it is counted in."""

import pytest
from opentelemetry.trace import SpanKind
from support.wsgi_driver import ask

from mcp_perf import PerformanceMonitor, monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware


@pytest.fixture
def took():
    """How long the application takes for a request."""
    return {"seconds": 0.3}


@pytest.fixture
def app(clock, monitor, took):
    def application(environ, start_response):
        clock.advance(took["seconds"])
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    return PerformanceMonitoringMiddleware(application, monitor)


def exemplars(monitor, family="http_requests"):
    """The traces and the values of all series of a family."""
    return [
        (int(dict(one.labels)["trace_id"], 16), int(dict(one.labels)["span_id"], 16), one.value)
        for series in monitor.snapshot().series(family)
        for one in series.exemplars
    ]


def traced(spans, name):
    return [(span.context.trace_id, span.context.span_id) for span in spans.ended if span.name == name]


def test_a_traced_request_stands_for_its_bucket(app, monitor, spans):
    """The exemplar of a bucket is the span of a request that is in it."""
    ask(app, "GET", "/")

    ((trace, span, value),) = exemplars(monitor)
    assert [(trace, span)] == traced(spans, "GET")
    assert value == pytest.approx(0.3)


def test_openmetrics_says_so(app, monitor, spans):
    """It is beside the count of the bucket."""
    ask(app, "GET", "/")

    ((trace, span),) = traced(spans, "GET")
    _, body = monitor.render("application/openmetrics-text; version=1.0.0")
    (line,) = [line for line in body.decode().splitlines() if " # {" in line]
    assert line.startswith('mcp_http_request_duration_seconds_bucket{le="0.5",method="GET",')
    assert f'# {{span_id="{span:016x}",trace_id="{trace:032x}"}} 0.3' in line


def test_a_rare_bucket_keeps_its_own(app, monitor, took, spans):
    """Many quick requests do not push the slow one out; of the quick ones there is a recent one."""
    took["seconds"] = 20.0
    ask(app, "GET", "/")
    took["seconds"] = 0.3
    for _ in range(10):
        ask(app, "GET", "/")

    ids = traced(spans, "GET")
    quick, slow = sorted(exemplars(monitor), key=lambda one: one[2])
    assert (*ids[0], pytest.approx(20.0)) == slow
    assert quick[:2] in [tuple(one) for one in ids[-4:]]


def test_what_is_not_recorded_stands_for_nothing(app, monitor):
    """A trace that nobody can look up is no exemplar."""
    ask(app, "GET", "/", headers={"traceparent": f"00-{1:032x}-{2:016x}-00"})

    assert [] == exemplars(monitor)


def test_what_is_not_timed_stands_for_nothing(clock, spans, took):
    """With a `sample_rate`, only what is in a bucket is its exemplar."""
    monitor = PerformanceMonitor(
        registry=None, clock=clock.clock, tracer_provider=spans.provider, sample_rate=0.4
    )
    query = monitor_db_operation("select", "users", monitor=monitor, sample_rate=0.4)

    def application(environ, start_response):
        with query:
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    app = PerformanceMonitoringMiddleware(application, monitor)
    ask(app, "GET", "/")
    assert [] == exemplars(monitor) + exemplars(monitor, "db_operations")

    clock.luck = 0.1
    ask(app, "GET", "/")
    assert traced(spans, "GET")[1:] == [one[:2] for one in exemplars(monitor)]
    assert traced(spans, "select users")[1:] == [one[:2] for one in exemplars(monitor, "db_operations")]


def test_the_span_of_somebody_else_stands_for_the_request(app, monitor, spans):
    """Where ours joins, the exemplar is theirs."""
    with spans.tracer.start_as_current_span("theirs", kind=SpanKind.SERVER):
        ask(app, "GET", "/")

    assert traced(spans, "theirs") == [one[:2] for one in exemplars(monitor)]


@pytest.mark.parametrize(
    ("make", "family", "name"),
    [
        (monitor_db_operation, "db_operations", "select users"),
        (monitor_workflow_step, "workflow_steps", "select users"),
    ],
)
def test_a_traced_call_stands_for_its_bucket(clock, monitor, spans, make, family, name):
    """The exemplar of an operation's or a step's bucket is its own span, not the request's."""
    with spans.tracer.start_as_current_span("outer"):
        make("select", "users", monitor=monitor)(lambda: clock.advance(2.0))()

    ((trace, span, value),) = exemplars(monitor, family)
    assert ([(trace, span)], pytest.approx(2.0)) == (traced(spans, name), value)
