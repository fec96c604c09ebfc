"""What the label `route` reads in Django: the route of the match, with a leading slash."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path
from django.views import View
from django.views.decorators.http import require_GET
from support import django_project
from support.asgi_driver import http_scope, serve
from support.django_project import OURS, configured
from support.readings import exceptions, in_progress, requests
from support.wsgi_driver import ask

COMMON = "django.middleware.common.CommonMiddleware"
LOCALE = "django.middleware.locale.LocaleMiddleware"


def said(request, **parameters):
    return HttpResponse("said")


class Thing(View):
    def get(self, request, **parameters):
        return HttpResponse("said")


def raising(error):
    def view(request, **parameters):
        raise error

    return view


URLS = [
    path("", said),
    path("plain", said),
    path("slash/", said),
    path("users/<int:uid>/", said),
    path("get/<x>", require_GET(said)),
    path("thing/<slug:x>", Thing.as_view()),
    path("gone/<x>", raising(Http404("gone"))),
    path("denied/<x>", raising(PermissionDenied())),
    path("suspicious/<x>", raising(SuspiciousOperation())),
    path("bad/<x>", raising(BadRequest())),
    path("api/", include([path("v1/<tenant>/", include([path("users/<int:uid>", said)]))])),
    path("app/", include(([path("<x>", said, name="leaf")], "app"), namespace="one")),
    re_path(r"^articles/(?P<year>[0-9]{4})/$", said),
    path("mixed/", include([re_path(r"^(?P<year>\d+)/", include([path("<word>", said)]))])),
    *i18n_patterns(path("about/<x>", said)),
]


@pytest.fixture(params=["wsgi", "asgi"])
def server(request):
    return request.param


@pytest.fixture
def label(server, monitor):
    """``label(path, method, *middleware)``: the route and the status of one request."""

    def run(url, method="GET", middleware=(OURS,), **request):
        with configured(monitor):
            app = getattr(django_project, server)(URLS, middleware)
        with override_settings(APPEND_SLASH=True):
            if server == "wsgi":
                answer = ask(app, method, url, **request)
            else:
                answer = serve(app, http_scope(method, url, **request))
        assert answer.error is None
        assert in_progress(monitor) == 0
        assert exceptions(monitor) == {}
        (((_, route, status), number),) = requests(monitor).items()
        assert (str(answer.status), 1) == (status, number)
        return route, answer.status

    return run


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/", ("/", 200)),
        ("/plain", ("/plain", 200)),
        ("/users/3/", ("/users/<int:uid>/", 200)),
        ("/users/three/", ("<unmatched>", 404)),
        ("/api/v1/t1/users/3", ("/api/v1/<tenant>/users/<int:uid>", 200)),
        ("/api/v1/t1", ("<unmatched>", 404)),
        ("/app/x", ("/app/<x>", 200)),
        ("/articles/2024/", ("/^articles/(?P<year>[0-9]{4})/$", 200)),
        ("/mixed/1/two", (r"/mixed/(?P<year>\d+)/<word>", 200)),
        ("/gone/1", ("/gone/<x>", 404)),
        ("/denied/1", ("/denied/<x>", 403)),
        ("/suspicious/1", ("/suspicious/<x>", 400)),
        ("/bad/1", ("/bad/<x>", 400)),
        ("/nowhere", ("<unmatched>", 404)),
        ("/users/%FF/", ("<unmatched>", 404)),
        ("/slash", ("<unmatched>", 404)),
    ],
)
def test_the_route_is_the_urlconfs(label, url, expected):
    """Routes as they were written, those of `include()` joined; 404 and 403 are no exceptions."""
    assert expected == label(url)


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        ("POST", "/get/1", ("/get/<x>", 405)),
        ("PUT", "/thing/a", ("/thing/<slug:x>", 405)),
        ("OPTIONS", "/thing/a", ("/thing/<slug:x>", 200)),
        ("HEAD", "/thing/a", ("/thing/<slug:x>", 200)),
    ],
)
def test_other_methods_have_the_route_that_matched(label, method, url, expected):
    """405 is answered by the view, so that its route is known."""
    assert expected == label(url, method)


def test_a_slash_redirect_has_no_route(label):
    """The redirect of APPEND_SLASH is answered without a route."""
    assert label("/users/3", middleware=(OURS, COMMON)) == ("<unmatched>", 301)


def test_languages(label):
    """A prefix of `i18n_patterns` is a part of the route: one route for each language."""
    assert label("/de/about/1", middleware=(OURS, LOCALE)) == ("/de/about/<x>", 200)


def test_no_language(label):
    """A redirect to the client's language has no route."""
    assert label("/about/1", middleware=(OURS, LOCALE)) == ("<unmatched>", 302)


def test_the_prefix_of_the_server_is_no_part_of_the_route(label, server):
    """SCRIPT_NAME and root_path are the server's."""
    prefix = {"SCRIPT_NAME": "/proxy"} if server == "wsgi" else {"root_path": "/proxy"}

    assert label("/users/3/", **prefix) == ("/users/<int:uid>/", 200)
