"""What a Flask application does beside routing, and what is counted of it."""

import io

import pytest
from flask import Blueprint, Flask, Response, current_app, g, request, send_file, stream_with_context
from support.readings import exceptions, in_progress, lost, requests, total
from support.wsgi_driver import Call, ask, environment
from support.wsgi_servers import gunicorn, wsgiref

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters.flask import PerformanceMonitoring


@pytest.fixture
def app(monitor):
    app = Flask(__name__)

    @app.get("/users/<int:uid>")
    def user(uid):
        return f"user {uid}"

    @app.get("/boom")
    def boom():
        raise LookupError("boom")

    @app.get("/stream")
    def stream():
        def parts():
            yield request.path
            yield " end"

        return Response(stream_with_context(parts()))

    @app.get("/file")
    def file():
        return send_file(io.BytesIO(b"x" * 300_000), mimetype="text/plain")

    PerformanceMonitoring(app, monitor)
    return app


def counted(monitor):
    """Requests and exceptions, without the method that is always GET here."""
    assert in_progress(monitor) == 0
    assert lost(monitor) == 0
    return (
        {key[1:]: number for key, number in requests(monitor).items()},
        {key[1:]: number for key, number in exceptions(monitor).items()},
    )


@pytest.mark.parametrize("serve", [ask, wsgiref, gunicorn])
def test_a_stream_with_the_requests_context(app, monitor, serve):
    """A body that still uses the request streams as ever and is counted under its rule."""
    answer = serve(app, "GET", "/stream")

    assert b"/stream end" == (answer.read() if hasattr(answer, "read") else answer.body)
    assert ({("/stream", "200"): 1}, {}) == counted(monitor)


def test_a_stream_that_is_left(app, monitor):
    """A stream whose client goes away is a 499 under its rule."""
    ask(app, path="/stream", leave_after=1)

    assert ({("/stream", "499"): 1}, {}) == counted(monitor)


def test_a_file_goes_out_in_the_servers_wrapper(app, monitor):
    """`send_file` gives the server its own file wrapper, and the request ends when that is closed."""
    from wsgiref.util import FileWrapper

    call = Call(app, environment(path="/file", **{"wsgi.file_wrapper": FileWrapper})).begin()
    assert type(call.result) is FileWrapper
    assert requests(monitor) == {}

    call.take(10**9).close()

    assert len(call.body) == 300_000
    assert ({("/file", "200"): 1}, {}) == counted(monitor)


def test_an_asynchronous_view(app, monitor):
    """`async def` views are measured like others."""

    @app.get("/later/<x>")
    async def later(x):
        return x

    @app.get("/later/boom")
    async def later_boom():
        raise LookupError

    assert ask(app, path="/later/3").body == b"3"
    ask(app, path="/later/boom")

    assert (
        {("/later/<x>", "200"): 1, ("/later/boom", "500"): 1},
        {("/later/boom", "LookupError"): 1},
    ) == counted(monitor)


def test_one_extension_for_several_applications(monitor):
    """`init_app` measures each application that it gets, made before or after."""
    monitoring = PerformanceMonitoring(monitor=monitor, exclude=["/closed"])
    apps = []
    for name in ("one", "two"):
        app = Flask(name)
        monitoring.init_app(app)
        app.add_url_rule(f"/{name}", name, lambda: "said")
        app.add_url_rule("/closed", "closed", lambda: "said")
        app.add_url_rule("/boom", "boom", lambda: [][0])
        apps.append(app)

    for app in apps:
        ask(app, path=f"/{app.name}")
        ask(app, path="/closed")
        ask(app, path="/boom")
        assert ask(app, path="/metrics").status == 200

    assert (
        {("/one", "200"): 1, ("/two", "200"): 1, ("/boom", "500"): 2},
        {("/boom", "IndexError"): 2},
    ) == counted(monitor)


def test_two_extensions_for_one_application(app, monitor, clock):
    """Two monitors measure one application, each on its own."""
    other = PerformanceMonitor(registry=None, clock=clock.clock)
    PerformanceMonitoring(app, other, path="/other")

    for path in ("/users/3", "/boom"):
        ask(app, path=path)
    assert ask(app, path="/other").status == 200

    assert counted(monitor) == counted(other)
    assert total(other, "mcp_http_exceptions_total") == 1


def test_without_a_path_nothing_is_served(monitor):
    """With `path=None` the application answers at /metrics what it would without us."""
    app = Flask(__name__)
    PerformanceMonitoring(app, monitor, path=None)

    assert ask(app, path="/metrics").status == 404
    assert ({("<unmatched>", "404"): 1}, {}) == counted(monitor)


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "message"),
    [
        ((Flask,), {}, TypeError, "app must be a Flask application, not <class"),
        ((lambda environ, start_response: [],), {}, TypeError, "app must be a Flask application"),
        ((Blueprint("b", __name__),), {}, TypeError, "app must be a Flask application"),
        ((None, "monitor"), {}, TypeError, "monitor must be a PerformanceMonitor or None, not 'monitor'"),
        ((), {"path": "metrics"}, ValueError, "path must be a path with a leading '/'"),
        ((), {"path": "/"}, ValueError, "path must be"),
        ((), {"sample_rate": 2}, ValueError, "sample_rate must be a number from 0 to 1, not 2"),
        ((), {"excludes": []}, TypeError, "'excludes' is no setting here"),
    ],
)
def test_wrong_use_fails_at_once(arguments, keywords, error, message):
    """A wrong argument is an error when the extension is made, and says what is allowed."""
    with pytest.raises(error) as caught:
        PerformanceMonitoring(*arguments, **keywords)
    assert message in str(caught.value)


def test_the_test_client_keeps_its_context(app, monitor):
    """Flask's test client, used with `with`, keeps the context of its request, which is counted."""

    @app.before_request
    def remember():
        g.seen = "seen"

    with app.test_client() as client:
        assert client.get("/users/3").text == "user 3"
        assert (g.seen, request.path) == ("seen", "/users/3")
        assert {("GET", "/users/<int:uid>", "200"): 1} == requests(monitor)
        assert client.get("/users/4", buffered=True).text == "user 4"
        assert client.get("/stream").text == "/stream end"

    assert ({("/users/<int:uid>", "200"): 2, ("/stream", "200"): 1}, {}) == counted(monitor)


def test_a_request_context_without_a_request_is_unmeasured(app, monitor):
    """`test_request_context` works as ever: no request is served, so none is counted."""
    with app.test_request_context("/users/3"):
        assert current_app.name == app.name
        assert request.url_rule.rule == "/users/<int:uid>"
        app.preprocess_request()

    assert ({}, {}) == counted(monitor)
