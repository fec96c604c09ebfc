"""Where somebody else traces already: there is one server span for a request, whoever made it."""

import pytest
from fastapi import FastAPI
from flask import Flask
from opentelemetry import context
from opentelemetry.trace import SpanKind
from support.asgi_driver import http_scope, serve
from support.wsgi_driver import ask as ask_wsgi

from mcp_perf import monitor_db_operation
from mcp_perf.adapters import asgi, fastapi
from mcp_perf.adapters.flask import PerformanceMonitoring

# FastAPI's own telemetry, and OpenTelemetry's instrumentations, come with versions that some test runs lack.
HAS_OWN = hasattr(FastAPI(), "_native_telemetry")


@pytest.fixture
def query(monitor):
    return monitor_db_operation("select", "users", monitor=monitor)(lambda: None)


def servers(spans):
    ended = [span for span in spans.ended if span.kind == SpanKind.SERVER]
    return [(span.name, span.attributes.get("http.route")) for span in ended]


def ask(app, headers=()):
    sent = [(name.encode(), value.encode()) for name, value in dict(headers).items()]
    return serve(app, http_scope("GET", "/users/3", headers=sent))


def fastapi_app(query, **settings):
    app = FastAPI(**settings)

    @app.get("/users/{uid}")
    async def user(uid: int):
        query()
        return uid

    return app


@pytest.mark.skipif(not HAS_OWN, reason="FastAPI traces by itself from 0.142 on")
@pytest.mark.parametrize("headers", [{}, {"traceparent": f"00-{1:032x}-{2:016x}-01"}])
class TestFastAPIsOwnTelemetry:
    def make(self, query, spans):
        return fastapi_app(query, telemetry={"tracing": True, "tracer_provider": spans.provider})

    def check(self, spans):
        assert [("GET /users/{uid}", "/users/{uid}")] == servers(spans)
        # Its own span of the endpoint is between.
        assert spans.one("select users").parent is not None
        (trace_id,) = {span.context.trace_id for span in spans.ended}
        assert trace_id

    def test_ours_inside_joins(self, query, spans, monitor, headers):
        """A middleware of ours in a FastAPI application that traces makes no span."""
        app = self.make(query, spans)
        app.add_middleware(fastapi.PerformanceMonitoringMiddleware, monitor=monitor)

        ask(app, headers)

        self.check(spans)

    def test_ours_instrumented_joins(self, query, spans, monitor, headers):
        """Nor does ``instrument``."""
        ask(fastapi.instrument(self.make(query, spans), monitor=monitor), headers)

        self.check(spans)

    def test_ours_outside_joins(self, query, spans, monitor, headers):
        """Nor does a middleware around it, which sees the request first."""
        app = asgi.instrument(self.make(query, spans), monitor=monitor)

        ask(app, headers)

        self.check(spans)

    def test_who_answers_between_has_a_span_of_ours(self, query, spans, monitor, headers):
        """A request that never reaches the application has a span, too, with its parent and its status."""

        class Gate:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                await send({"type": "http.response.start", "status": 401, "headers": []})
                await send({"type": "http.response.body", "body": b""})

        ask(asgi.instrument(Gate(self.make(query, spans)), monitor=monitor), headers)

        (span,) = spans.ended
        assert ("GET", SpanKind.SERVER) == (span.name, span.kind)
        assert 401 == span.attributes["http.response.status_code"]
        assert (2 if headers else None) == (span.parent.span_id if span.parent else None)
        assert span.start_time < span.end_time

    def test_what_is_done_between_is_in_the_clients_trace(self, query, spans, monitor, headers):
        """An operation between ours and the application has the client's span as its parent."""

        class Between:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                query()
                await self.app(scope, receive, send)

        ask(asgi.instrument(Between(self.make(query, spans)), monitor=monitor), headers)

        assert [("GET /users/{uid}", "/users/{uid}")] == servers(spans)
        between = spans.ended[0]
        assert (2 if headers else None) == (between.parent.span_id if between.parent else None)

    def test_where_it_is_off_ours_is_made(self, query, spans, monitor, headers):
        """With ``telemetry={"tracing": False}`` the server span is ours."""
        app = fastapi.instrument(fastapi_app(query, telemetry={"tracing": False}), monitor=monitor)

        ask(app, headers)

        assert [("GET /users/{uid}", "/users/{uid}")] == servers(spans)
        assert "GET /users/{uid}" == spans.tree()["select users"]


class TestOpenTelemetrysInstrumentations:
    def test_fastapi(self, query, spans, monitor):
        """`FastAPIInstrumentor` and ``instrument``: one server span, and ours inside."""
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.fastapi")
        app = fastapi.instrument(fastapi_app(query), monitor=monitor)
        instrumentation.FastAPIInstrumentor.instrument_app(app, tracer_provider=spans.provider)

        ask(app)

        assert [("GET /users/{uid}", "/users/{uid}")] == servers(spans)
        assert 1 == len({span.context.trace_id for span in spans.ended})

    @pytest.mark.parametrize("is_outside", [True, False])
    def test_asgi(self, query, spans, monitor, is_outside):
        """`OpenTelemetryMiddleware` around ours or inside; around it learns the route from us."""
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.asgi")
        app = fastapi_app(query, **({"telemetry": {"tracing": False}} if HAS_OWN else {}))
        if is_outside:
            app.add_middleware(fastapi.PerformanceMonitoringMiddleware, monitor=monitor)
            app = instrumentation.OpenTelemetryMiddleware(app, tracer_provider=spans.provider)
        else:
            app.add_middleware(instrumentation.OpenTelemetryMiddleware, tracer_provider=spans.provider)
            app.add_middleware(fastapi.PerformanceMonitoringMiddleware, monitor=monitor)

        ask(app)

        ((_, route),) = servers(spans)
        assert "/users/{uid}" == route
        assert 1 == len({span.context.trace_id for span in spans.ended})

    def test_flask(self, query, spans, monitor):
        """`FlaskInstrumentor` inside of ours makes an internal span."""
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.flask")
        app = Flask("test")
        app.get("/users/<int:uid>")(lambda uid: query() or str(uid))
        instrumentation.FlaskInstrumentor().instrument_app(app, tracer_provider=spans.provider)
        PerformanceMonitoring(app, monitor)

        ask_wsgi(app, "GET", "/users/3")

        assert [("GET /users/<int:uid>", "/users/<int:uid>")] == servers(spans)
        assert 1 == len({span.context.trace_id for span in spans.ended})
        assert "GET /users/<int:uid>" in {spans.tree()["select users"]}

    def test_wsgi_streams_inside(self, query, spans, monitor):
        """What a body asks for on its way is inside of their span, which they have left by then."""
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.wsgi")
        app = Flask("test")
        app.add_url_rule("/users/<int:uid>", "user", lambda uid: (query() or "x" for _ in range(2)))
        PerformanceMonitoring(app, monitor)

        def leaving(environ, start_response):
            before = context.get_current()
            try:
                return instrumented(environ, start_response)
            finally:
                context.attach(before)

        instrumented = instrumentation.OpenTelemetryMiddleware(app.wsgi_app, tracer_provider=spans.provider)
        app.wsgi_app = leaving

        ask_wsgi(app, "GET", "/users/3")

        assert 1 == len({span.context.trace_id for span in spans.ended})

    def test_wsgi(self, query, spans, monitor):
        """`OpenTelemetryMiddleware` around a Flask application of ours learns the route from us."""
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.wsgi")
        app = Flask("test")
        app.get("/users/<int:uid>")(lambda uid: query() or str(uid))
        PerformanceMonitoring(app, monitor)
        app.wsgi_app = instrumentation.OpenTelemetryMiddleware(app.wsgi_app, tracer_provider=spans.provider)

        ask_wsgi(app, "GET", "/users/3")

        ((_, route),) = servers(spans)
        assert "/users/<int:uid>" == route
        assert 1 == len({span.context.trace_id for span in spans.ended})
