"""What a request costs more when it is measured, in each framework."""

from __future__ import annotations

from collections.abc import Callable

import server
from applications import fastapi_app, flask_app, starlette_app
from measure import BARE, MINIMUM, OURS, Subject, Variant
from minimum import Asgi, Wsgi, WsgiToTheLastByte, constant, fastapi, flask, starlette
from work import Work

from mcp_perf import PerformanceMonitor
from mcp_perf.access import networks

TWICE = 2.0


def ours(make: Callable[[PerformanceMonitor], Work], route: str, **settings) -> Callable[[], Work]:
    """What makes a work with a monitor of its own, and sees to it that what it does is counted as it should.

    A middleware that loses requests is fast.
    """

    def checked() -> Work:
        monitor = PerformanceMonitor(registry=None, **settings)
        work = make(monitor)
        work(1)
        found = monitor.snapshot()
        counted = [one.labels for one in found.series("http_requests")]
        if counted != [("GET", route, "200")] or found.series("monitor_events_lost_total"):
            raise RuntimeError(f"{route} was counted as {counted}")
        return work

    return checked


def asgi() -> Subject:
    from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware, instrument

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    return _unrouted("ASGI", server.asgi, app, Asgi, PerformanceMonitoringMiddleware, instrument)


def wsgi() -> Subject:
    from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware, instrument

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"hello"]

    subject = _unrouted("WSGI", server.wsgi, app, Wsgi, PerformanceMonitoringMiddleware, instrument)
    to_the_end = Variant(lambda: server.wsgi(WsgiToTheLastByte(app, constant)))
    return Subject(subject.title, {**subject.variants, "minimum, to the last byte": to_the_end})


def _unrouted(title: str, serve, app, minimum, middleware, instrument) -> Subject:
    def measured(**settings):
        return lambda monitor: serve(middleware(app, monitor, **settings))

    return Subject(
        title,
        {
            BARE: Variant(lambda: serve(app)),
            MINIMUM: Variant(lambda: serve(minimum(app, constant))),
            OURS: Variant(ours(measured(), "<unmatched>"), target=TWICE),
            "mcp_perf, route=": Variant(ours(measured(route=constant), "/")),
            "mcp_perf, all metrics": Variant(ours(measured(**ALL), "<unmatched>")),
            "mcp_perf, profiles enabled": Variant(
                ours(measured(), "<unmatched>", access={"profile": networks("127.0.0.1")})
            ),
            "mcp_perf, slow requests": Variant(ours(measured(), "<unmatched>", slow_request_seconds=1)),
            "mcp_perf, instrument()": Variant(
                ours(lambda monitor: serve(instrument(app, monitor=monitor)), "<unmatched>")
            ),
        },
    )


ALL = {"time_to_first_byte": True, "request_size": True, "response_size": True}


def starlette_and_fastapi(title: str, make, template) -> Subject:
    from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware, instrument

    def measured(monitor):
        return server.asgi(make((PerformanceMonitoringMiddleware, {"monitor": monitor})))

    def instrumented(monitor):
        return server.asgi(instrument(make(), monitor=monitor))

    return Subject(
        title,
        {
            BARE: Variant(lambda: server.asgi(make())),
            MINIMUM: Variant(lambda: server.asgi(make((Asgi, {"route": template})))),
            OURS: Variant(ours(measured, "/users/{uid}"), target=TWICE),
            "mcp_perf, instrument()": Variant(ours(instrumented, "/users/{uid}")),
        },
    )


def flask_works() -> Subject:
    from mcp_perf.adapters.flask import PerformanceMonitoring

    def measured(**settings):
        def make(monitor):
            app = flask_app()
            PerformanceMonitoring(app, monitor, **settings)
            return server.wsgi(app)

        return ours(make, "/users/<uid>")

    return Subject(
        "Flask",
        {
            BARE: Variant(lambda: server.wsgi(flask_app())),
            MINIMUM: Variant(lambda: server.wsgi(Wsgi(flask_app().wsgi_app, flask))),
            OURS: Variant(measured(path=None), target=TWICE),
            "mcp_perf, with /metrics": Variant(measured()),
        },
    )


def django_sync() -> Subject:
    from django_project import get_response

    return _django("Django, sync", get_response, "minimum.Django", TWICE)


def django_async() -> Subject:
    from django_project import get_response_async

    return _django("Django, async", get_response_async, "minimum.AsyncDjango", TWICE)


def django_wsgi() -> Subject:
    from django_project import wsgi_handler

    return _django("Django, WSGI handler", wsgi_handler, "minimum.Django")


def django_asgi() -> Subject:
    from django_project import asgi_handler

    return _django("Django, ASGI handler", asgi_handler, "minimum.AsyncDjango")


def _django(title: str, work, minimum: str, target: float | None = None) -> Subject:
    from django_project import OURS as MIDDLEWARE
    from django_project import ROUTE

    return Subject(
        title,
        {
            BARE: Variant(lambda: work()),
            MINIMUM: Variant(lambda: work(minimum)),
            OURS: Variant(ours(lambda monitor: work(MIDDLEWARE, monitor=monitor), ROUTE), target=target),
        },
    )


SUBJECTS = {
    "asgi": asgi,
    "wsgi": wsgi,
    "starlette": lambda: starlette_and_fastapi("Starlette", starlette_app, starlette),
    "fastapi": lambda: starlette_and_fastapi("FastAPI", fastapi_app, fastapi),
    "flask": flask_works,
    "django-sync": django_sync,
    "django-async": django_async,
    "django-wsgi": django_wsgi,
    "django-asgi": django_asgi,
}
