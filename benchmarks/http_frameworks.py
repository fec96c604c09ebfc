"""What a request costs more when it is measured, in each framework."""

from __future__ import annotations

import server
from measure import BARE, MINIMUM, OURS, Subject, Variant
from minimum import Asgi, Wsgi, WsgiToTheLastByte, constant, fastapi, flask, starlette

from mcp_perf import PerformanceMonitor

TWICE = 2.0


def monitor() -> PerformanceMonitor:
    return PerformanceMonitor(registry=None)


def asgi() -> Subject:
    from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware, instrument

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    def ours(**settings):
        return PerformanceMonitoringMiddleware(app, monitor(), **settings)

    return Subject(
        "ASGI",
        {
            BARE: Variant(lambda: server.asgi(app)),
            MINIMUM: Variant(lambda: server.asgi(Asgi(app, constant))),
            OURS: Variant(lambda: server.asgi(ours()), target=TWICE),
            "mcp_perf, route=": Variant(lambda: server.asgi(ours(route=constant))),
            "mcp_perf, all metrics": Variant(lambda: server.asgi(ours(**ALL))),
            "mcp_perf, instrument()": Variant(lambda: server.asgi(instrument(app, monitor=monitor()))),
        },
    )


def wsgi() -> Subject:
    from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware, instrument

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"hello"]

    def ours(**settings):
        return PerformanceMonitoringMiddleware(app, monitor(), **settings)

    return Subject(
        "WSGI",
        {
            BARE: Variant(lambda: server.wsgi(app)),
            MINIMUM: Variant(lambda: server.wsgi(Wsgi(app, constant))),
            "minimum, to last byte": Variant(lambda: server.wsgi(WsgiToTheLastByte(app, constant))),
            OURS: Variant(lambda: server.wsgi(ours()), target=TWICE),
            "mcp_perf, route=": Variant(lambda: server.wsgi(ours(route=constant))),
            "mcp_perf, all metrics": Variant(lambda: server.wsgi(ours(**ALL))),
            "mcp_perf, instrument()": Variant(lambda: server.wsgi(instrument(app, monitor=monitor()))),
        },
    )


ALL = {"time_to_first_byte": True, "request_size": True, "response_size": True}


def starlette_app(*middleware, routes: int = 1):
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    async def endpoint(request):
        return Response(b"hello")

    others = [Route(f"/other{number}/{{uid}}", endpoint) for number in range(routes - 1)]
    return _with(middleware, Starlette(routes=[Route("/users/{uid}", endpoint), *others]))


def fastapi_app(*middleware, routes: int = 1):
    """The route that is asked for is an included router's, as in most applications."""
    from fastapi import APIRouter, FastAPI
    from fastapi.responses import Response

    async def endpoint(uid: str) -> Response:
        return Response(b"hello")

    users = APIRouter(prefix="/users")
    users.get("/{uid}")(endpoint)
    app = FastAPI()
    app.include_router(users)
    for number in range(routes - 1):
        app.get(f"/other{number}/{{uid}}")(endpoint)
    return _with(middleware, app)


def _with(middleware, app):
    for cls, settings in middleware:
        app.add_middleware(cls, **settings)
    return app


def starlette_and_fastapi(title: str, make, template) -> Subject:
    from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware, instrument

    ours = (PerformanceMonitoringMiddleware, {"monitor": monitor()})
    return Subject(
        title,
        {
            BARE: Variant(lambda: server.asgi(make())),
            MINIMUM: Variant(lambda: server.asgi(make((Asgi, {"route": template})))),
            OURS: Variant(lambda: server.asgi(make(ours)), target=TWICE),
            "mcp_perf, instrument()": Variant(lambda: server.asgi(instrument(make(), monitor=monitor()))),
        },
    )


def flask_app():
    from flask import Flask

    app = Flask("benchmark")

    @app.get("/users/<uid>")
    def user(uid):
        return b"hello"

    return app


def flask_works() -> Subject:
    from mcp_perf.adapters.flask import PerformanceMonitoring

    ours, served = flask_app(), flask_app()
    PerformanceMonitoring(ours, monitor(), path=None)
    PerformanceMonitoring(served, monitor())
    return Subject(
        "Flask",
        {
            BARE: Variant(lambda: server.wsgi(flask_app())),
            MINIMUM: Variant(lambda: server.wsgi(Wsgi(flask_app().wsgi_app, flask))),
            OURS: Variant(lambda: server.wsgi(ours), target=TWICE),
            "mcp_perf, with /metrics": Variant(lambda: server.wsgi(served)),
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
    ours = "mcp_perf.adapters.django.PerformanceMonitoringMiddleware"
    return Subject(
        title,
        {
            BARE: Variant(lambda: work()),
            MINIMUM: Variant(lambda: work(minimum)),
            OURS: Variant(lambda: work(ours), target=target),
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
