"""What tracing costs more: without a provider, and with the SDK recording every span.

The SDK's own part is a span made by hand with the same attributes, that is what nobody can do without. Spans
are recorded and go nowhere: what exports them is not ours either.
"""

from __future__ import annotations

import server
from http_frameworks import ours
from measure import BARE, Subject, Variant
from work import Work, repeated

from mcp_perf import PerformanceMonitor, monitor_db_operation, monitor_workflow_step

WITHOUT, NO_PROVIDER, SDK, TRACED = "tracing=False", "no provider", "the SDK alone", "traced"
TARGET = 1.05


async def answering(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def request() -> Subject:
    from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware

    def measured(**settings):
        def made() -> Work:
            monitor = PerformanceMonitor(registry=None, **settings)
            return server.asgi(PerformanceMonitoringMiddleware(answering, monitor))

        return made

    def plain(monitor):
        return server.asgi(PerformanceMonitoringMiddleware(answering, monitor))

    def traced() -> Work:
        return measured(tracer_provider=provider())()

    return Subject(
        "An ASGI request",
        {
            BARE: Variant(lambda: server.asgi(answering)),
            WITHOUT: Variant(measured(tracing=False)),
            NO_PROVIDER: Variant(ours(plain, "<unmatched>"), target=TARGET),
            SDK: Variant(by_hand),
            TRACED: Variant(traced),
            "opentelemetry.instrumentation.asgi": Variant(instrumented),
        },
        reference=WITHOUT,
    )


def instrumented() -> Work:
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    from opentelemetry.metrics import NoOpMeterProvider

    spans = {"tracer_provider": provider(), "meter_provider": NoOpMeterProvider()}
    return server.asgi(OpenTelemetryMiddleware(answering, exclude_spans=["receive", "send"], **spans))


def by_hand() -> Work:
    from opentelemetry import context, propagate, trace
    from opentelemetry.propagators.textmap import DefaultGetter

    tracer = provider().get_tracer("benchmark")
    getter = DefaultGetter()

    async def app(scope, receive, send):
        parent = propagate.extract({}, context.get_current(), getter)
        attributes = {
            "http.request.method": "GET",
            "url.scheme": "http",
            "url.path": "/users/1",
            "server.address": "localhost",
            "client.address": "127.0.0.1",
            "network.protocol.version": "1.1",
            "server.port": 80,
        }
        span = tracer.start_span("GET", parent, trace.SpanKind.SERVER, attributes)
        token = context.attach(trace.set_span_in_context(span, parent))
        try:
            await answering(scope, receive, send)
        finally:
            context.detach(token)
            span.set_attribute("http.response.status_code", 200)
            span.update_name("GET")
            span.end()

    return server.asgi(app)


def provider():
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    return TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False)


def call(make, title: str) -> Subject:
    def nothing():
        return None

    def measured(**settings):
        return lambda: repeated(make(PerformanceMonitor(registry=None, **settings))(nothing))

    def alone() -> Work:
        tracer = provider().get_tracer("benchmark")
        attributes = {"db.system.name": "other_sql", "db.operation.name": "select"}

        def spanned():
            with tracer.start_as_current_span("select users", attributes=attributes):
                nothing()

        return repeated(spanned)

    return Subject(
        title,
        {
            BARE: Variant(lambda: repeated(nothing)),
            WITHOUT: Variant(measured(tracing=False)),
            NO_PROVIDER: Variant(measured(), target=TARGET),
            SDK: Variant(alone),
            TRACED: Variant(lambda: measured(tracer_provider=provider())()),
        },
        reference=WITHOUT,
    )


def operation(monitor):
    return monitor_db_operation("select", "users", monitor=monitor)


def step(monitor):
    return monitor_workflow_step("order", "pay", monitor=monitor)


SUBJECTS = {
    "trace-request": request,
    "trace-operation": lambda: call(operation, "A database operation"),
    "trace-step": lambda: call(step, "A workflow step"),
}
