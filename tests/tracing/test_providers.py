"""Whose provider, from when on, and how much of it."""

import subprocess
import sys
import textwrap

import pytest
from opentelemetry import propagate, trace
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator, default_getter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from support.programs import environment
from support.spans import Spans
from support.wsgi_driver import ask

from mcp_perf import PerformanceMonitor, monitor_db_operation
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def measured(spans, clock, **settings):
    """The application, and a monitor that traces with these settings."""
    monitor = PerformanceMonitor(
        registry=None, clock=clock.clock, **{"tracer_provider": spans.provider, **settings}
    )
    return PerformanceMonitoringMiddleware(application, monitor), monitor


def said_by(program):
    """What a Python program prints, run by itself, so that it has its own global provider."""
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(),
    )
    assert "" == ran.stderr
    return ran.stdout.split()


_BEGINNING = """
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from mcp_perf import PerformanceMonitor, monitor_db_operation, monitor_workflow_step
    from mcp_perf.timing import Clock

    now = 0.0
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monitor = PerformanceMonitor(registry=None, clock=Clock(monotonic=lambda: now))
    query = monitor_db_operation("select", "users", monitor=monitor)(lambda: None)
    pay = monitor_workflow_step("checkout", "pay", monitor=monitor)(lambda: None)

    def ended():
        return [span.name.replace(" ", "-") for span in exporter.get_finished_spans()]
"""


def test_the_global_provider_may_come_late():
    """What was called before there was a provider has spans from a second after there is one."""
    program = """
    query()
    pay()
    trace.set_tracer_provider(provider)
    now = 2.0
    query(), pay()
    exporter.clear()
    query(), pay()
    print(*ended())
    """
    assert ["select-users", "checkout-pay"] == said_by(_BEGINNING + program)


def test_calls_that_only_fail_find_a_late_provider():
    """Failures look for a provider as successes do."""
    program = """
    broken = monitor_db_operation("insert", "users", monitor=monitor)(lambda: 1 / 0)

    def fail():
        try:
            broken()
        except ZeroDivisionError:
            pass

    fail()
    trace.set_tracer_provider(provider)
    now = 2.0
    fail()
    exporter.clear()
    fail()
    print(*ended())
    """
    assert ["insert-users"] == said_by(_BEGINNING + program)


def test_a_request_finds_a_late_provider_at_once():
    """The first request after a provider was set has its span, and all calls from then on."""
    program = """
    from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware

    def application(environ, start_response):
        query()
        start_response("200 OK", [])
        return [b""]

    app = PerformanceMonitoringMiddleware(application, monitor)

    def ask():
        app({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.url_scheme": "http"}, lambda *_: None)

    ask()
    trace.set_tracer_provider(provider)
    ask()
    print(*ended())
    """
    assert ["select-users", "GET"] == said_by(_BEGINNING + program)


def test_calls_in_flight_when_the_provider_comes_end_well():
    """A call that has begun without a span ends without one, in whatever form."""
    program = """
    from mcp_perf import monitor_workflow_step

    @monitor_workflow_step("export", "rows", monitor=monitor)
    def rows():
        yield 1
        yield 2

    generator = rows()
    next(generator)
    block = monitor_workflow_step("export", "block", monitor=monitor)
    block.__enter__()
    trace.set_tracer_provider(provider)
    now = 2.0
    query()
    query()
    print(*list(generator))
    block.__exit__(None, None, None)
    exporter.clear()
    list(rows())
    print(*ended())
    """
    assert ["2", "export-rows"] == said_by(_BEGINNING + program)


def test_without_the_api_there_is_no_tracing():
    """Where OpenTelemetry is not installed everything else works; to ask for it says what to install."""
    program = """
    import sys
    sys.modules["opentelemetry"] = None
    from mcp_perf import PerformanceMonitor, monitor_db_operation

    monitor = PerformanceMonitor(registry=None)
    monitor_db_operation("select", "users", monitor=monitor)(lambda: None)()
    try:
        PerformanceMonitor(registry=None, tracing=True)
    except ImportError as error:
        print(error)
    """
    expected = "tracing=True needs OpenTelemetry's API: pip install 'mcp_perf[tracing]'"
    assert expected.split() == said_by(program)


def test_nothing_is_imported_where_it_is_not_wanted():
    """``MCP_PERF_TRACING=0`` leaves OpenTelemetry alone."""
    program = """
    import os, sys
    os.environ["MCP_PERF_TRACING"] = "0"
    from mcp_perf import get_monitor
    get_monitor()
    print("opentelemetry.trace" in sys.modules)
    """
    assert ["False"] == said_by(program)


def test_a_share_of_the_traces_is_recorded(clock, spans):
    """``trace_sample_rate`` is the share of traces that begin here, whole ones."""
    _, monitor = measured(spans, clock, trace_sample_rate=0.25)
    query = monitor_db_operation("select", "users", monitor=monitor)
    inside = PerformanceMonitoringMiddleware(
        lambda environ, start_response: (query(lambda: None)(), application(environ, start_response))[1],
        monitor,
    )

    for chance in (0.1, 0.3, 0.24, 0.9):
        clock.luck = chance
        ask(inside, "GET", "/")

    assert ["select users", "GET"] * 2 == spans.names()


def test_the_share_is_not_asked_where_a_trace_goes_on(clock, spans):
    """A trace that the client has begun to record is recorded here."""
    app, _ = measured(spans, clock, trace_sample_rate=0.0)

    ask(app, "GET", "/", headers={"traceparent": f"00-{1:032x}-{2:016x}-01"})
    ask(app, "GET", "/")

    assert [1] == [span.context.trace_id for span in spans.ended]


def test_what_is_not_recorded_says_so_to_others(clock, spans):
    """Whom the application asks hears that the trace is not recorded, and which it is."""
    from opentelemetry import propagate

    sent = {}

    def asking(environ, start_response):
        propagate.inject(sent)
        return application(environ, start_response)

    _, monitor = measured(spans, clock, trace_sample_rate=0.0)
    ask(PerformanceMonitoringMiddleware(asking, monitor), "GET", "/")

    version, trace_id, span_id, flags = sent["traceparent"].split("-")
    assert ("00", "00") == (version, flags)
    assert int(trace_id, 16)
    assert int(span_id, 16)


def test_the_samplers_word_holds(clock):
    """The SDK's own sampler decides about what we begin."""
    spans = Spans(sampler=ParentBased(ALWAYS_OFF))
    app, _ = measured(spans, clock)

    ask(app, "GET", "/")

    assert [] == spans.ended


class Elsewhere(TextMapPropagator):
    """Reads other headers than it writes, as those of B3 do."""

    fields = frozenset({"x-written"})

    def extract(self, carrier, context=None, getter=default_getter):
        (found,) = getter.get(carrier, "x-trace")
        parent = SpanContext(int(found, 16), 2, is_remote=True, trace_flags=TraceFlags(1))
        return trace.set_span_in_context(NonRecordingSpan(parent), context)

    def inject(self, carrier, context=None, setter=None):
        """Nobody asks for it here."""


def test_propagators_of_other_headers(clock, spans):
    """A propagator is asked for whatever it may read, whichever headers it says that it writes."""
    app, _ = measured(spans, clock)

    before = propagate.get_global_textmap()
    propagate.set_global_textmap(CompositePropagator([Elsewhere()]))
    try:
        ask(app, "GET", "/", headers={"x-trace": "abc"})
    finally:
        propagate.set_global_textmap(before)

    assert 0xABC == spans.ended[0].context.trace_id


def test_a_span_around_the_whole_service_is_no_server_span(clock, spans):
    """Inside of any other span a request is an internal one, as in OpenTelemetry's instrumentations."""
    app, _ = measured(spans, clock)

    with spans.tracer.start_as_current_span("main"):
        ask(app, "GET", "/")

    assert {"GET": "main", "main": None} == spans.tree()
    assert SpanKind.INTERNAL == spans.one("GET").kind


def test_a_client_that_traces_goes_before_a_span_around_the_service(clock, spans):
    """A request of another trace is that trace's."""
    app, _ = measured(spans, clock)

    with spans.tracer.start_as_current_span("main"):
        ask(app, "GET", "/", headers={"traceparent": f"00-{1:032x}-{2:016x}-01"})

    span = spans.one("GET")
    assert (1, SpanKind.SERVER) == (span.context.trace_id, span.kind)


def test_a_span_that_has_ended_is_nobodys_parent(clock, spans):
    """What somebody has left behind in the context of a worker is not the beginning of its requests."""
    app, _ = measured(spans, clock)
    span = spans.tracer.start_span("startup")
    span.end()

    with trace.use_span(span):
        ask(app, "GET", "/")

    assert spans.one("GET").parent is None


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("tracing", 1, "tracing must be True or False, not 1"),
        ("trace_sample_rate", 1.5, "trace_sample_rate must be a number from 0 to 1, not 1.5"),
        ("tracer_provider", 3, "tracer_provider must be an OpenTelemetry tracer provider or None, not 3"),
        ("db_system", "", "db_system must be a string such as 'postgresql', not ''"),
    ],
)
def test_wrong_settings_say_what_is_allowed(setting, value, allowed):
    """A wrong value fails at once."""
    with pytest.raises(ValueError, match="must be") as caught:
        PerformanceMonitor(registry=None, **{setting: value})

    assert allowed == str(caught.value)
