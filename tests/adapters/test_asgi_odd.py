"""What is odd, or none of our business, passes through the ASGI middleware as it is."""

import asyncio
from types import MappingProxyType

import pytest
from support.asgi_driver import AsgiServer, http_scope, serve, websocket_scope
from support.asgi_parts import body, measured, receive, send, sending, start, stranger
from support.readings import in_progress, lost, requests, samples, total

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters import asgi, fastapi


class Witness:
    """An application that notes the very objects that it is called with."""

    def __init__(self, app=None):
        self.app = app
        self.called_with = None

    async def __call__(self, scope, receive, send):
        self.called_with = (scope, receive, send)
        if self.app is not None:
            await self.app(scope, receive, send)


@pytest.mark.parametrize("scope", [{"type": "telnet"}, {"type": None}, {}, {"type": []}])
def test_other_scopes_get_the_very_same_objects(monitor, scope):
    """Unknown types of scopes reach the application untouched, and leave no trace."""
    witness, before = Witness(), dict(scope)

    asyncio.run(stranger(witness, monitor)(scope, receive, send))

    assert all(one is other for one, other in zip((scope, receive, send), witness.called_with, strict=True))
    assert before == scope
    assert {} == requests(monitor)


def test_a_lifespan_reaches_the_application(monitor):
    """Scope and messages are the server's own, either way, and leave no trace."""
    scope, heard = {"type": "lifespan"}, []

    async def app(scope, receive, send):
        heard.append((scope, await receive()))
        await send({"type": "lifespan.shutdown.complete"})

    async def shutdown():
        return {"type": "lifespan.shutdown"}

    async def sent(message):
        heard.append(message)

    asyncio.run(stranger(app, monitor)(scope, shutdown, sent))

    assert [(scope, {"type": "lifespan.shutdown"}), {"type": "lifespan.shutdown.complete"}] == heard
    assert {} == requests(monitor)


def test_what_a_lifespan_raises_reaches_the_server(monitor):
    """That is how an application says that it knows no lifespan."""
    error = NotImplementedError("lifespan")

    async def app(scope, receive, send):
        raise error

    with pytest.raises(NotImplementedError) as caught:
        asyncio.run(stranger(app, monitor)({"type": "lifespan"}, receive, send))

    assert error is caught.value
    assert 0 == total(monitor, "mcp_http_exceptions_total")


def test_a_disabled_monitor_gives_the_application_the_servers_own_objects(clock):
    """With `enabled=False` there is nothing between server and application."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, enabled=False)
    for scope in (http_scope(), websocket_scope()):
        witness, before = Witness(), dict(scope)

        asyncio.run(stranger(witness, monitor)(scope, receive, send))

        assert witness.called_with == (scope, receive, send)
        assert before == scope


ASKING = {"exclude": ["/x"], "normalize_path": str.upper}
ODD = {
    "no method": {"method": ...},
    "method None": {"method": None},
    "method bytes": {"method": b"GET"},
    "method list": {"method": ["GET"]},
    "no path": {"path": ...},
    "path None": {"path": None},
    "path bytes": {"path": b"/"},
    "path a lone surrogate": {"path": "/\ud800"},
    "no headers": {"headers": ...},
    "headers None": {"headers": None},
    "root_path None": {"root_path": None},
    "no root_path": {"root_path": ...},
    "endpoint": {"endpoint": object()},
    "router": {"endpoint": object(), "router": object()},
    "fastapi None": {"fastapi": None, "endpoint": print},
    "app_root_path": {"endpoint": print, "app_root_path": 1, "root_path": 2, "router": None},
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("settings", [{}, ASKING], ids=["plain", "asking"])
@pytest.mark.parametrize("adapter", [asgi, fastapi], ids=["asgi", "fastapi"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_an_odd_scope_never_changes_what_the_application_gets(monitor, name, settings, adapter, kind):
    """The application gets its scope as it is; the server gets the response; nothing is left in progress."""
    scope = http_scope() if kind == "http" else websocket_scope()
    scope.update(ODD[name])
    scope = {key: value for key, value in scope.items() if value is not ...}
    before = dict(scope)
    messages = [start(), body(b"x")] if kind == "http" else [{"type": "websocket.close"}]
    witness = Witness(sending(*messages))
    app = adapter.PerformanceMonitoringMiddleware(witness, monitor, **settings)

    async def main():
        server = AsgiServer(scope)
        return await server.run(app), server.got

    answer, got = asyncio.run(main())

    assert None is answer.error
    assert messages == got
    assert scope is witness.called_with[0]
    assert before == {key: value for key, value in scope.items() if not str(key).startswith("mcp_perf")}
    assert 0 == in_progress(monitor)
    assert 0 == total(monitor, "mcp_websocket_connections_active")
    counter = "mcp_http_requests_total" if kind == "http" else "mcp_websocket_connections_total"
    assert 1 == total(monitor, counter) or 1 <= lost(monitor)


def test_a_scope_that_takes_no_further_key(monitor):
    """A scope that is read-only is answered like any other."""
    scope = MappingProxyType(http_scope())

    answer = serve(stranger(sending(start(), body(b"x")), monitor), scope)

    assert (200, b"x", None) == (answer.status, answer.body, answer.error)
    assert 0 == in_progress(monitor)


def test_the_applications_scope_has_nothing_but_one_key_of_ours(monitor):
    """What a middleware adds to a scope is named after it."""
    scope = http_scope()
    before = set(scope)

    serve(measured(sending(start(), body()), monitor), scope)

    assert {True} == {key.startswith("mcp_perf.") for key in set(scope) - before}


def test_no_request_is_no_trace(monitor):
    """Before the first request there is no http series at all."""
    measured(sending(), monitor)

    assert [] == [name for name, _ in samples(monitor) if name.startswith(("mcp_http", "mcp_websocket"))]
