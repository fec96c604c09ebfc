"""The metrics app asked anything through its faces: always an answer, the same from all, and never a 5xx."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import requests_fuzz as fuzz
from support.asgi_driver import AsgiServer, websocket_scope
from support.faces_fuzz import monitor_of, through_asgi, through_wsgi
from support.requests_fuzz import RULES, Asked

from mcp_perf.access import Verdict
from mcp_perf.adapters import asgi, wsgi

pytestmark = pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")

MOUNTS = ["/metrics", "/metrics/über", "/m"]


FIELDS = [("Content-Type", "text/plain"), ("Content-Length", "15"), ("X-Application", "yes")]


async def application_asgi(scope, receive, send):
    fields = [(name.lower().encode(), value.encode()) for name, value in FIELDS]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": b"the application" * (scope["method"] != "HEAD")})


def application_wsgi(environ, start_response):
    start_response("200 OK", list(FIELDS))
    return [b"the application"] * (environ["REQUEST_METHOD"] != "HEAD")


def of_application(answer):
    return ("x-application", "yes") in answer.fields


@given(fuzz.requests, st.sampled_from(list(RULES)))
@settings(max_examples=120)
def test_asgi_and_wsgi_answer_alike(asked, access) -> None:
    """Whatever is asked, ASGI and WSGI have the same answer to it, and it is none of a fault."""
    expected = through_wsgi(wsgi.metrics_app(monitor_of(access)), asked)

    assert expected == through_asgi(asgi.metrics_app(monitor_of(access)), asked)


@given(fuzz.requests, st.sampled_from(list(RULES)), st.sampled_from(MOUNTS))
@settings(max_examples=70)
def test_they_do_in_front_of_an_application(asked, access, mount) -> None:
    """The same paths lead to the metrics app, wherever it is, and the same to the application."""
    one, other = monitor_of(access), monitor_of(access)
    expected = through_wsgi(wsgi.instrument(application_wsgi, mount, one), asked)

    assert expected == through_asgi(asgi.instrument(application_asgi, mount, other), asked)
    # What the application was asked for is counted alike as well.
    assert one.render() == other.render()


@given(fuzz.requests, st.sampled_from(list(RULES)))
@settings(max_examples=60)
def test_head_is_get_without_its_body(asked, access) -> None:
    """HEAD has the status and the fields that GET has, the length too."""
    get, head = (
        through_asgi(asgi.metrics_app(monitor_of(access)), replace(asked, method=method))
        for method in ("GET", "HEAD")
    )

    assert get[:2] == head[:2]


@given(fuzz.requests, st.sampled_from(["open", "bearer", "either", "networks"]))
@settings(max_examples=60)
def test_flask_answers_alike(asked, access) -> None:
    """What leads to the metrics app in a Flask application is answered as elsewhere."""
    flask = pytest.importorskip("mcp_perf.adapters.flask")
    one, other = monitor_of(access), monitor_of(access)
    application = flask.Flask("application")
    flask.PerformanceMonitoring(application, other)
    expected = through_wsgi(wsgi.instrument(application_wsgi, "/metrics", one), asked)

    if not of_application(expected):
        assert expected == through_wsgi(application, asked)


@pytest.mark.parametrize("face", ["wsgi", "asgi"])
@given(asked=fuzz.requests, access=st.sampled_from(["open", "bearer", "networks"]))
@settings(max_examples=60)
def test_django_answers_alike(face, asked, access) -> None:
    """What Django's URL patterns lead to the metrics app is answered as elsewhere."""
    project = pytest.importorskip("support.django_project")
    from mcp_perf.adapters.django import metrics_urls

    assume(asked.method == asked.method.upper())  # Django knows no other
    assume(face == "wsgi" or asked.query.isascii())  # which Django itself refuses
    application = getattr(project, face)(metrics_urls(monitor=monitor_of(access)), middleware=())
    expected = through_wsgi(wsgi.instrument(application_wsgi, "/metrics", monitor_of(access)), asked)

    if not of_application(expected) and expected.status != 404:  # there are no other patterns
        through = {"wsgi": through_wsgi, "asgi": through_asgi}[face]
        assert expected == through(application, asked)


def test_django_tells_all_ways_in() -> None:
    """Where several kinds of credentials would do, Django's face names them all as the others do."""
    project = pytest.importorskip("support.django_project")
    from mcp_perf.adapters.django import metrics_urls

    application = project.wsgi(metrics_urls(monitor=monitor_of("either")), middleware=())
    found = [value for name, value in through_wsgi(application, Asked()).fields if name == "www-authenticate"]

    assert all(word in ", ".join(found) for word in ("Bearer realm=", "Basic realm="))


@pytest.mark.parametrize("seconds", [b"1e-9", b"0.0001"])
def test_who_has_hardly_any_time(seconds) -> None:
    """However little time a scraper says that it has, both faces answer what takes none."""
    asked = Asked(fields=(("X-Prometheus-Scrape-Timeout-Seconds", seconds),))
    expected = through_wsgi(wsgi.metrics_app(monitor_of()), asked)

    assert expected == through_asgi(asgi.metrics_app(monitor_of()), asked)


def test_rules_see_all_fields() -> None:
    """A rule of the user's own sees the same fields through both faces, those of the body too."""
    asked = Asked(fields=(("Content-Type", b"text/x-odd"),))

    def rule(request):
        return request.header("content-type") == "text/x-odd"

    assert 200 == through_asgi(asgi.metrics_app(monitor_of(rule)), asked).status
    assert 200 == through_wsgi(wsgi.metrics_app(monitor_of(rule)), asked).status


@pytest.mark.parametrize("challenge", ['Odd realm="→"', "Odd\r\nSet-Cookie: a=b", "Odd\0"], ids=repr)
def test_challenges_that_no_field_can_carry(challenge) -> None:
    """A rule of the user's own that gives such a challenge has raised, so that it refuses."""

    def rule(request):
        return Verdict(False, 401, (challenge,))

    assert 403 == through_asgi(asgi.metrics_app(monitor_of(rule)), Asked()).status
    assert 403 == through_wsgi(wsgi.metrics_app(monitor_of(rule)), Asked()).status


@given(st.lists(st.sampled_from(["startup", "shutdown"]), max_size=3, unique=True), fuzz.paths)
@settings(max_examples=30)
def test_other_scopes(stages, path) -> None:
    """A lifespan goes its way, a WebSocket is refused, wherever to, and anything else is left alone."""
    app = asgi.metrics_app(monitor_of())
    stages = sorted(stages, reverse=True)

    async def ask(scope, script):
        server = AsgiServer(scope, script)
        found = await asyncio.wait_for(server.run(app), 30)
        return found.error, [message["type"] for message in server.got]

    kinds = [f"lifespan.{stage}" for stage in stages] or ["lifespan.startup"]
    if "lifespan.shutdown" not in kinds:
        kinds.append("lifespan.shutdown")
    script = [{"type": kind} for kind in kinds]
    assert (None, [f"{kind}.complete" for kind in kinds]) == asyncio.run(ask({"type": "lifespan"}, script))
    refused = ask(websocket_scope("/") | {"path": path}, [{"type": "websocket.connect"}])
    assert (None, ["websocket.close"]) == asyncio.run(refused)
    assert (None, []) == asyncio.run(ask({"type": "telnet"}, []))
