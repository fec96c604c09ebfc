"""Django in one file: ``gunicorn examples.django_app:application`` or
``uvicorn examples.django_app:asgi_application``, and then http://127.0.0.1:8000/metrics.
"""

from collections.abc import Iterator

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["mcp_perf.adapters.django.PerformanceMonitoringMiddleware"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="an example has no secrets",
    )
    django.setup()

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.urls import include, path
from django.views.decorators.http import require_safe

from mcp_perf import monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.django import metrics_urls


@monitor_db_operation("select", "users")
def find_user(uid: int) -> dict[str, int]:
    return {"id": uid}


def index(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"hello": "world"})


@require_safe
@monitor_workflow_step("show_user", "find")
def show_user(request: HttpRequest, uid: int) -> JsonResponse:
    return JsonResponse(find_user(uid))


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield from (b"one\n", b"two\n", b"three\n")

    return StreamingHttpResponse(parts(), content_type="text/plain")


def boom(request: HttpRequest) -> JsonResponse:
    raise ValueError("boom")


urlpatterns = [
    path("", index),
    path("users/", include([path("<int:uid>", show_user)])),
    path("stream", stream),
    path("boom", boom),
    *metrics_urls(),
]

application = get_wsgi_application()
asgi_application = get_asgi_application()
