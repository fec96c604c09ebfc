"""A Django project of two views, and its handlers with one middleware or another.

A request goes into the handler's `get_response`, that is through middlewares, URL resolver and view: all
that is there of Django between a middleware and the rest of the world. The signals and threads around it
(the async handler's alone cost a millisecond) are the same for each middleware and would only add noise; the
subject `django-handlers` has them in.
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

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=[], ROOT_URLCONF=__name__, SECRET_KEY="benchmark")
    django.setup()


def user(request, uid):
    return HttpResponse(b"hello")


async def async_user(request, uid):
    return HttpResponse(b"hello")


SYNC_PATH, ASYNC_PATH = "/users/42", "/async/users/42"
urlpatterns = [path("users/<uid>", user), path("async/users/<uid>", async_user)]


def get_response(*middlewares: str) -> Work:
    """The work of a request through the sync `get_response`."""
    settings.MIDDLEWARE = list(middlewares)
    handler = WSGIHandler()
    template = server.environ(SYNC_PATH)
    return repeated(lambda: handler.get_response(WSGIRequest(template.copy())))


def get_response_async(*middlewares: str) -> Work:
    """The work of a request through the async `get_response`."""
    settings.MIDDLEWARE = list(middlewares)
    handler = ASGIHandler()
    template = server.scope(ASYNC_PATH)
    return awaited(lambda: handler.get_response_async(ASGIRequest(template.copy(), io.BytesIO())))


def wsgi_handler(*middlewares: str) -> Work:
    """The work of a request through the whole WSGI handler."""
    settings.MIDDLEWARE = list(middlewares)
    return server.wsgi(WSGIHandler(), SYNC_PATH)


def asgi_handler(*middlewares: str) -> Work:
    """The work of a request through the whole ASGI handler."""
    settings.MIDDLEWARE = list(middlewares)
    return server.asgi(ASGIHandler(), ASYNC_PATH)
