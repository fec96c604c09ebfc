"""``python origins_django.py runserver PORT``: what `origins` answers, from Django's own server."""

import sys

import origins
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path


def answer(request):
    return HttpResponse(origins.body())


urlpatterns = [path("", answer)]

if __name__ == "__main__":
    settings.configure(DEBUG=True, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="none")
    execute_from_command_line(sys.argv)
