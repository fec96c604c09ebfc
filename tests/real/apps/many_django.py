"""``python many_django.py runserver PORT``: what `many` answers, from Django's own server."""

import os
import sys

import changing  # noqa: F401 - a file that a test changes
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path

from mcp_perf.adapters.django import metrics_urls


def answer(request):
    return HttpResponse(str(os.getpid()))


urlpatterns = [path("one", answer), path("two", answer), *metrics_urls()]

if __name__ == "__main__":
    settings.configure(
        DEBUG=True,
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["mcp_perf.adapters.django.PerformanceMonitoringMiddleware"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="none",
    )
    execute_from_command_line(sys.argv)
