from django.http import HttpResponse
from django.urls import path


def user(request, uid):
    return HttpResponse(b"hello")


async def async_user(request, uid):
    return HttpResponse(b"hello")


urlpatterns = [path("users/<uid>", user), path("async/<uid>", async_user)]
