"""A Django project with two views, and the work of a request to it with these or those middlewares.

`get_response` is all that is there of Django between its handler and the middlewares, the URL resolver and
the view. What the handlers do around it is the same for each middleware: signals, and threads for them (the
ASGI handler's alone cost a millisecond). It only adds noise, so it is left out where a target is to be met.
"""

from __future__ import annotations

import io

import django
import server
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse
from django.urls import path
from work import Work, awaited, repeated

ROUTE = "/users/<uid>"
OURS = "mcp_perf.adapters.django.PerformanceMonitoringMiddleware"

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=[], SECRET_KEY="benchmark")
    django.setup()


def user(request, uid):
    return HttpResponse(b"hello")


async def async_user(request, uid):
    return HttpResponse(b"hello")


SYNC_URLS = (path("users/<uid>", user),)
ASYNC_URLS = (path("users/<uid>", async_user),)


def _configure(middlewares, monitor, urlconf) -> None:
    settings.MIDDLEWARE = list(middlewares)
    settings.MCP_PERF = {"monitor": monitor}
    settings.ROOT_URLCONF = urlconf


def get_response(*middlewares: str, monitor=None) -> Work:
    """The work of a request through the sync `get_response`."""
    _configure(middlewares, monitor, SYNC_URLS)
    handler = WSGIHandler()
    template = server.environ(server.PATH)
    return repeated(lambda: handler.get_response(WSGIRequest(template.copy())))


def get_response_async(*middlewares: str, monitor=None) -> Work:
    """The work of a request through the async `get_response`."""
    _configure(middlewares, monitor, ASYNC_URLS)
    handler = ASGIHandler()
    template = server.scope(server.PATH)
    return awaited(lambda: handler.get_response_async(ASGIRequest(template.copy(), io.BytesIO())))


def wsgi_handler(*middlewares: str, monitor=None) -> Work:
    """The work of a request through the whole WSGI handler."""
    _configure(middlewares, monitor, SYNC_URLS)
    return server.wsgi(WSGIHandler())


def asgi_handler(*middlewares: str, monitor=None) -> Work:
    """The work of a request through the whole ASGI handler."""
    _configure(middlewares, monitor, ASYNC_URLS)
    return server.asgi(ASGIHandler())
