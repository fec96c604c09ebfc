"""The metrics app over ASGI: alone, mounted, and in front of an application."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from support.asgi_driver import AsgiServer, http_scope, serve, websocket_scope
from support.asgi_parts import body, sending, start
from support.asgi_rules import Strict
from support.readings import in_progress, requests
from support.routes import UNMATCHED, around, inside
from support.starlette_apps import users

from mcp_perf import PerformanceMonitor, configure
from mcp_perf.adapters import asgi, fastapi


@pytest.fixture
def default_monitor():
    """Leaves a fresh default monitor behind."""
    yield
    configure()


def status(app, path, method="GET", **scope):
    answer = serve(app, http_scope(method, path, **scope))
    assert None is answer.error
    return answer.status


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/metrics/summary", "/", "/summary"])
@pytest.mark.parametrize("root_path", ["", "/proxy"])
def test_it_may_be_served_alone(monitor, path, root_path):
    """Without a mount in front it answers under `/metrics`, and at its own root."""
    app = Strict(asgi.metrics_app(monitor))

    assert 200 == status(app, path, root_path=root_path)
    assert 200 == status(app, path, "HEAD", root_path=root_path)
    assert 405 == status(app, path, "PUT", root_path=root_path)


def test_it_serves_nothing_else(monitor):
    """Anything else is 404."""
    for path in ("/nothing", "/metrics/nothing", "/metricsandmore", "/summary/more"):
        assert 404 == status(asgi.metrics_app(monitor), path)


@pytest.mark.parametrize("place", [inside, around])
@pytest.mark.parametrize("root_path", ["", "/proxy"])
def test_it_may_be_mounted(monitor, place, root_path):
    """Mounted by a router it answers below the mount, and leaves no trace in what it shows."""
    mounts = [Mount("/internal/{x}", asgi.metrics_app(monitor)), Mount("/users", users())]
    app = place(Starlette(routes=mounts), monitor)

    for path in ("/internal/9/", "/internal/9/summary"):
        assert 200 == status(app, path, root_path=root_path)
    assert 404 == status(app, "/internal/9/nothing", root_path=root_path)
    assert {} == requests(monitor)
    assert 0 == in_progress(monitor)

    assert 200 == status(app, "/users/7", root_path=root_path)
    assert {("GET", "/users/{uid:int}", "200"): 1} == requests(monitor)


@pytest.mark.parametrize("root_path", ["", "/proxy"])
def test_it_may_be_served_in_front_of_a_mounted_application(monitor, root_path):
    """`instrument` works for an application that another mounts."""
    below = fastapi.instrument(users(), "/metrics", monitor)
    app = Starlette(routes=[Mount("/sub/{x}", below)])

    assert 200 == status(app, "/sub/9/7", root_path=root_path)
    assert 200 == status(app, "/sub/9/metrics", root_path=root_path)
    assert 200 == status(app, "/sub/9/metrics/summary", root_path=root_path)
    assert {("GET", "/sub/{x}/{uid:int}", "200"): 1} == requests(monitor)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/summary"])
def test_the_root_path_may_be_in_the_path_or_not(monitor, path):
    """Servers differ in that; the metrics are found either way."""
    app = asgi.instrument(sending(start(404), body()), monitor=monitor)

    assert 200 == status(app, path, root_path="/proxy")
    scope = http_scope(path=path, root_path="/proxy")
    scope["path"] = path
    assert 200 == serve(app, scope).status
    assert {} == requests(monitor)


@pytest.mark.parametrize("odd", [{"path": None}, {"path": b"/metrics"}, {"path": ["/metrics"]}])
def test_an_odd_scope_is_the_applications(monitor, odd):
    """A scope whose path cannot be read goes to the application as it is."""
    app = asgi.instrument(sending(start(), body(b"x")), monitor=monitor)

    answer = serve(app, http_scope(path="/metrics") | odd)

    assert (None, b"x") == (answer.error, answer.body)


def test_it_refuses_websockets(monitor):
    """There is no conversation."""
    assert None is serve(Strict(asgi.metrics_app(monitor)), websocket_scope("/metrics")).error


def test_it_lives_through_a_lifespan(monitor):
    """Served alone it answers a server's lifespan."""
    script = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def main():
        server = AsgiServer({"type": "lifespan"}, script)
        answer = await server.run(asgi.metrics_app(monitor))
        return answer.error, [message["type"] for message in server.got]

    assert (None, ["lifespan.startup.complete", "lifespan.shutdown.complete"]) == asyncio.run(main())


def test_a_lifespan_is_the_applications(monitor):
    """In front of an application it leaves lifespan and WebSockets to that one."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope)

    scopes = [{"type": "lifespan"}, websocket_scope("/metrics"), {"type": "telnet"}]
    for scope in scopes:
        serve(asgi.instrument(app, monitor=monitor), scope)

    assert all(one is other for one, other in zip(scopes, seen, strict=True))


def test_without_a_monitor_it_is_the_default_one(default_monitor):
    """Middleware and metrics app follow the default monitor, also when that is configured anew."""
    app = asgi.instrument(sending(start(), body()))

    for namespace in ("first", "second"):
        monitor = configure(registry=None, namespace=namespace)
        assert isinstance(monitor, PerformanceMonitor)
        assert 200 == status(app, "/")

        text = serve(app, http_scope(path="/metrics")).body.decode()
        line = f'{namespace}_http_requests_total{{method="GET",route="{UNMATCHED}",status="200"}} 1.0'
        assert line in text.splitlines()
