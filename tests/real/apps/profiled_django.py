"""Work in views of Django, sync and async, under either kind of server."""

import asyncio

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from working import SETTINGS, linger, wait, work

from mcp_perf import configure
from mcp_perf.adapters.django import metrics_urls

configure(**SETTINGS)
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["mcp_perf.adapters.django.PerformanceMonitoringMiddleware"],
    SECRET_KEY="test",
)


def item(request, item):
    work()
    return HttpResponse(item)


def waits(request, item):
    wait()
    return HttpResponse(item)


async def fetch():
    await asyncio.sleep(0.02)


async def awaits(request, item):
    await fetch()
    return HttpResponse(item)


def slow(request):
    linger()
    return HttpResponse("")


urlpatterns = [
    path("items/<item>", item),
    path("waits/<item>", waits),
    path("awaits/<item>", awaits),
    path("slow", slow),
    *metrics_urls(),
]
asgi = get_asgi_application()
wsgi = get_wsgi_application()
