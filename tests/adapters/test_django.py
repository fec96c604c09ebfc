"""The contract, held by the Django middleware: synchronous under WSGI, asynchronous under ASGI."""

import gc
from typing import ClassVar

import pytest
from django.http import HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.urls import path
from django.utils.deprecation import MiddlewareMixin
from support import django_project
from support.asgi_contract import AsgiContract
from support.django_project import OURS, configured
from support.readings import requests
from support.shop import UNMATCHED, HandledError, asynchronous
from support.wsgi_contract import WsgiContract

from mcp_perf.adapters.django import metrics_urls

pytestmark = [
    pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD"),
    # Django up to 5 leaves the request's body open where the response breaks off.
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def _collected():
    yield
    gc.collect()


class Handling(MiddlewareMixin):
    """The shop's own handling of an exception."""

    def process_exception(self, request, error):
        return HttpResponse("handled", status=418) if isinstance(error, HandledError) else None


def item(request, item):
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return HttpResponse(request.shop.item(item))


def empty(request):
    answer = HttpResponse(status=204)
    del answer["Content-Type"]  # the validator's wish
    return answer


def boom(request):
    raise request.shop.boom


def handled(request):
    raise HandledError


def echo(request):
    return HttpResponse(request.body)


def context(request):
    request.shop.look()
    return HttpResponse("looked")


def streaming(name, wrap):
    return lambda request: StreamingHttpResponse(wrap(getattr(request.shop, name)()))


def asynchronously(view):
    async def wrapped(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    return wrapped


def shop_urls(*, is_async):
    """The shop in Django, with views of one kind."""
    kind = asynchronously if is_async else lambda view: view
    wrap = asynchronous if is_async else iter
    return [
        path("items/<item>", kind(item)),
        path("empty", kind(empty)),
        path("stream", kind(streaming("parts", wrap))),
        path("boom", kind(boom)),
        path("broken", kind(streaming("broken_parts", wrap))),
        path("handled", kind(handled)),
        path("endless", kind(streaming("endless_parts", wrap))),
        path("echo", kind(echo)),
        path("context", kind(context)),
    ]


class DjangoHooks:
    LETS_THROUGH = False
    OWN_TEMPLATES: ClassVar = {"item": "/items/<item>"}
    IS_ASYNC = False

    def handler(self, shop, *ours, urls=()):
        make = django_project.asgi if self.IS_ASYNC else django_project.wsgi
        middleware = [*ours, f"{__name__}.Handling"]
        return make([*shop_urls(is_async=self.IS_ASYNC), *urls], middleware, shop=shop)

    def bare(self, shop):
        return self.handler(shop)

    def make(self, shop, monitor, **settings):
        with configured(monitor, **settings):
            return self.handler(shop, OURS)

    def serve(self, shop, monitor, path="/metrics"):
        with configured(monitor):
            return self.handler(shop, OURS, urls=metrics_urls(path, monitor))

    def stack(self, shop, monitor):
        with configured(monitor):
            return self.handler(shop, OURS, OURS)

    def test_methods_are_case_sensitive(self, app, monitor):
        """`get` is GET to Django, which reads every method in capitals, and so it is to us."""
        self.request(app, "get", "/nowhere")

        assert requests(monitor) == {("GET", UNMATCHED, "404"): 1}

    def test_a_wrong_monitor_fails_at_construction(self, shop):
        """What is no monitor is refused before there is a request."""
        with pytest.raises(TypeError, match="monitor"):
            self.make(shop, 42)


class TestDjango(DjangoHooks, WsgiContract):
    """Synchronous views under WSGI."""


class TestDjangoAsync(DjangoHooks, AsgiContract):
    """Asynchronous views under ASGI."""

    IS_ASYNC = True
    MANY = 1_000  # Django is slow at it here
