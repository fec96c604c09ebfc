"""The setting ``MCP_PERF``, and the URLs of the metrics app."""

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path
from support import django_project
from support.asgi_driver import http_scope, serve
from support.django_project import OURS
from support.readings import requests
from support.wsgi_driver import ask

from mcp_perf import PerformanceMonitor, configure
from mcp_perf.adapters.django import metrics_urls

CSRF = "django.middleware.csrf.CsrfViewMiddleware"
SESSION_LESS = (OURS, "django.middleware.common.CommonMiddleware", CSRF)
URLS = [path("ok/<x>", lambda request, x: HttpResponse(x))]

shared = PerformanceMonitor(registry=None)
no_monitor = "a string"


def made(setting, urls=URLS, middleware=(OURS,)):
    with override_settings(MCP_PERF=setting):
        return django_project.wsgi(urls, middleware)


def test_without_the_setting_the_default_monitor_measures():
    """One line in MIDDLEWARE is enough."""
    monitor = configure(registry=None)

    ask(django_project.wsgi(URLS), path="/ok/1")

    assert {("GET", "/ok/<x>", "200"): 1} == requests(monitor)


def test_the_default_monitor_may_come_later():
    """A monitor that is configured after the project was loaded measures from then on."""
    app = django_project.wsgi(URLS)
    monitor = configure(registry=None)

    ask(app, path="/ok/1")

    assert {("GET", "/ok/<x>", "200"): 1} == requests(monitor)


def test_the_monitor_may_be_named_by_its_path():
    """`"monitor"` may be the dotted path of a monitor."""
    ask(made({"monitor": f"{__name__}.shared"}), path="/ok/1")

    assert {("GET", "/ok/<x>", "200"): 1} == requests(shared)


@pytest.mark.parametrize(
    ("setting", "error", "words"),
    [
        ("monitor", ValueError, ["MCP_PERF must be a dict", "'monitor'"]),
        (None, ValueError, ["MCP_PERF must be a dict", "None"]),
        ({"sample_rate": 2}, ValueError, ["sample_rate", "2", "a number from 0 to 1"]),
        ({"exclude": "/x"}, ValueError, ["exclude", "'/x'", "a list of paths or routes"]),
        ({"excluded": ["/x"]}, TypeError, ["'excluded'", "is no setting here", "exclude"]),
        ({"monitor": 42}, TypeError, ["monitor", "42", "PerformanceMonitor"]),
        ({"monitor": "nowhere.to.be.found"}, (ValueError, TypeError), ["monitor", "'nowhere.to.be.found'"]),
        ({"monitor": "monitor"}, (ValueError, TypeError), ["monitor", "'monitor'"]),
        ({"monitor": f"{__name__}.missing"}, (ValueError, TypeError), ["monitor", "missing'"]),
        ({"monitor": f"{__name__}.no_monitor"}, TypeError, ["monitor", "PerformanceMonitor", "a string"]),
    ],
    ids=str,
)
def test_a_wrong_setting_fails_when_the_project_is_loaded(setting, error, words):
    """What is wrong in MCP_PERF is one sentence that names it, before there is a request."""
    with pytest.raises(error) as caught:
        made(setting)
    message = str(caught.value)
    assert [] == [word for word in words if word not in message]
    assert "\n" not in message


@pytest.mark.parametrize("where", ["/metrics", "metrics", "/metrics/", "/deep/down/metrics", "/métriques"])
def test_the_metrics_are_served_where_the_user_wants_them(monitor, where):
    """Any path will do, with or without slashes around it; there is no redirect."""
    app = made({"monitor": monitor}, [*URLS, *metrics_urls(where, monitor)], SESSION_LESS)
    url = "/" + where.strip("/").replace("é", "%C3%A9")

    for path_, status in [
        (url, 200),
        (f"{url}/", 200),
        (f"{url}/summary", 200),
        (f"{url}/summary/", 200),
        (f"{url}/nothing", 404),
        (f"{url}more", 404),
    ]:
        assert status == ask(app, path=path_).status, path_

    assert {("GET", "<unmatched>", "404"): 1} == requests(monitor)


def test_the_metrics_may_be_included(monitor):
    """Within an `include()` the prefix is the project's."""
    app = made({"monitor": monitor}, [path("internal/", include(metrics_urls("/prom", monitor)))])

    assert ask(app, path="/internal/prom").status == 200
    assert ask(app, path="/internal/prom/summary").headers["content-type"] == "application/json"


@pytest.mark.parametrize("prefix", ["<slug:tenant>/", "<slug:below>/"])
def test_the_metrics_below_a_prefix_that_captures(monitor, prefix):
    """What a prefix captures is the project's, and nothing to the metrics, whatever it is called."""
    app = made({"monitor": monitor}, [path(prefix, include(metrics_urls(monitor=monitor)))])

    assert "text/plain" in ask(app, path="/acme/metrics").headers["content-type"]
    assert ask(app, path="/acme/metrics/summary").headers["content-type"] == "application/json"
    assert ask(app, path="/acme/metrics/acme").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_csrf_is_not_in_the_way(monitor, method):
    """Whoever sends another method is told which are allowed, not that a token is missing."""
    app = made({"monitor": monitor}, metrics_urls(monitor=monitor), SESSION_LESS)

    answer = ask(app, method, "/metrics")

    assert (405, "GET, HEAD") == (answer.status, answer.headers["allow"])


def test_the_metrics_are_the_same_under_asgi(monitor):
    """The asynchronous handler serves them as well."""
    app = django_project.asgi(metrics_urls(monitor=monitor), ())

    answer = serve(app, http_scope(path="/metrics?name[]=mcp_monitor_series"))

    assert answer.status == 200
    assert all(b"mcp_monitor_series" in line for line in answer.body.splitlines())


@pytest.mark.parametrize("where", ["", "/", "//", None, 3])
def test_a_wrong_path_fails_at_once(where):
    """The metrics cannot be served at a path that is none."""
    with pytest.raises(ValueError, match="path must be a path"):
        metrics_urls(where)
