"""What somebody leaves behind in the context of a thread or a connection is not the next request's."""

import contextvars
import gc
import weakref

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from support.spans import Spans
from support.wsgi_driver import ask, environment

from mcp_perf import PerformanceMonitor, monitor_workflow_step
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware


class Every(Sampler):
    """Takes every other trace, beginning with the second."""

    def __init__(self):
        self.asked = 0

    def should_sample(self, *_, **__):
        self.asked += 1
        return SamplingResult(Decision.DROP if self.asked % 2 else Decision.RECORD_AND_SAMPLE)

    def get_description(self):
        return "every other"


@pytest.fixture
def spans():
    return Spans(sampler=ParentBased(Every()))


def answering(do):
    def application(environ, start_response):
        do()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    return application


def ask_here(app):
    """A request in the context of this thread, as from a server whose threads have one each."""
    body = app(environment("GET", "/"), lambda *_: None)
    list(body)
    getattr(body, "close", lambda: None)()


def test_a_context_that_an_application_leaves_attached(monitor, spans):
    """The next request in that thread is sampled anew, and has nobody else's baggage."""
    seen = []

    def careless():
        seen.append(dict(baggage.get_all()))
        context.attach(baggage.set_baggage("user", "ann"))

    app = PerformanceMonitoringMiddleware(answering(careless), monitor)
    for _ in range(4):
        ask_here(app)

    assert [{}] * 4 == seen
    assert ["GET"] * 2 == spans.names()


def test_an_instrumentation_inside_that_leaves_late(monitor, spans):
    """OpenTelemetry's own middleware inside of ours leaves its context when the body is closed."""
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.wsgi")
    inside = instrumentation.OpenTelemetryMiddleware(answering(lambda: None), tracer_provider=spans.provider)
    app = PerformanceMonitoringMiddleware(inside, monitor)

    for _ in range(8):
        ask_here(app)

    assert 4 == len([span for span in spans.ended if span.kind == trace.SpanKind.SERVER])


def test_a_connection_that_goes_on_in_the_context_of_its_last_request(monitor, spans):
    """What comes in the context of a request that has ended is a request of its own, with its own baggage."""
    contexts, seen = [], []

    def noting():
        contexts.append(contextvars.copy_context())
        seen.append((dict(baggage.get_all()), trace.get_current_span().get_span_context().is_valid))

    app = PerformanceMonitoringMiddleware(answering(noting), monitor)
    ask(app, "GET", "/", headers={"baggage": "user=ann"})  # which the sampler leaves out
    for _ in range(3):
        contexts[0].run(ask, app, "GET", "/")
    trace_context = {"traceparent": f"00-{1:032x}-{2:016x}-01"}
    contexts[0].run(ask, app, "GET", "/", headers=trace_context)

    assert [{"user": "ann"}, {}, {}, {}, {}] == [one for one, _ in seen]
    assert 3 == len(spans.ended)
    assert 1 == spans.ended[-1].context.trace_id


def test_a_connection_that_stays(monitor):
    """What is left behind again and again, in what was left behind before, holds one request and not all."""
    contexts, held = [contextvars.copy_context()], []

    def noting():
        contexts[0] = contextvars.copy_context()
        held.append(weakref.ref(trace.get_current_span()))

    app = PerformanceMonitoringMiddleware(answering(noting), monitor)
    for _ in range(50):
        contexts[0].run(ask, app, "GET", "/")

    gc.collect()
    alive = sum(one() is not None for one in held)
    assert alive <= 2


def test_steps_that_end_in_the_order_in_which_they_began(clock):
    """Generators that are closed first in, first out leave nothing behind."""
    spans = Spans()
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, tracer_provider=spans.provider)

    def stepping(name):
        with monitor_workflow_step("w", name, monitor=monitor):
            yield

    before = context.get_current()
    generators = [stepping(name) for name in "abc"]
    for one in generators:
        next(one)
    for one in generators:
        one.close()

    assert before == context.get_current()
    assert {"w a": None, "w b": "w a", "w c": "w b"} == spans.tree()


def test_what_exporters_do_has_no_spans(clock):
    """Where instrumentation is suppressed there are none, of requests or calls."""
    spans = Spans()
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, tracer_provider=spans.provider)
    query = monitor_workflow_step("w", "a", monitor=monitor)(lambda: None)
    app = PerformanceMonitoringMiddleware(answering(query), monitor)

    key = context._SUPPRESS_INSTRUMENTATION_KEY
    token = context.attach(context.set_value(key, True))
    ask(app, "GET", "/")
    context.detach(token)

    assert [] == spans.ended
