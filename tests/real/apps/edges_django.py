"""Django with the endings that tests want of a real server, WSGI and ASGI."""

import asyncio
import itertools

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    MIDDLEWARE=["mcp_perf.adapters.django.PerformanceMonitoringMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="a test has no secrets",
)
django.setup()

import sendfiles  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import FileResponse, HttpResponse, StreamingHttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from material import BIG, CHUNK, big_file, say_farewell  # noqa: E402

from mcp_perf.adapters.django import metrics_urls  # noqa: E402

FILE = big_file()


def index(request):
    return HttpResponse("hello world\n")


def endless(request):
    return StreamingHttpResponse(itertools.repeat(CHUNK))


async def endless_async(request):
    async def chunks():
        while True:
            yield CHUNK
            await asyncio.sleep(0)

    return StreamingHttpResponse(chunks())


async def hang(request):
    await asyncio.Event().wait()


def upload(request):
    return HttpResponse(str(len(request.body)))


def big(request):
    return HttpResponse(BIG)


def file(request):
    return FileResponse(open(FILE, "rb"))


def sent(request):
    return HttpResponse(str(sendfiles.count()))


urlpatterns = [
    path("", index),
    path("endless", endless),
    path("endless/async", endless_async),
    path("hang", hang),
    path("upload", upload),
    path("big", big),
    path("file", file),
    path("sendfiles", sent),
    *metrics_urls(),
]

application = get_wsgi_application()
asgi_application = get_asgi_application()
say_farewell()
