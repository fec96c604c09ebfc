"""Spans of WebSockets: one for each connection, around what is done for it."""

import pytest
from fastapi import FastAPI, WebSocket
from opentelemetry import context
from opentelemetry.trace import SpanKind, StatusCode
from support.asgi_driver import serve, websocket_scope
from support.readings import lost
from support.websockets import ACCEPT, CONNECT, DENIAL, close, left

from mcp_perf import monitor_db_operation
from mcp_perf.adapters import asgi, fastapi

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = [(b"traceparent", f"00-{TRACE}-{PARENT}-01".encode())]


def connected(monitor, *messages, then=None, script=(CONNECT,), **scope):
    """What comes of an application that sends these messages, and then does that."""

    async def application(scope, receive, send):
        await receive()
        for message in messages:
            await send(message)
        if then is not None:
            await then(receive)

    app = asgi.PerformanceMonitoringMiddleware(application, monitor)
    return serve(app, websocket_scope(**scope), script)


def test_a_connection_is_one_server_span(monitor, spans) -> None:
    """It is named after the route, in the client's span, and around what is done for it."""
    query = monitor_db_operation("select", "rooms", monitor=monitor)
    plain = FastAPI()

    @plain.websocket("/rooms/{room}")
    async def room(websocket: WebSocket):
        await websocket.accept()
        with query:
            pass
        await websocket.close()

    app = fastapi.instrument(plain, monitor=monitor)
    serve(app, websocket_scope("/rooms/5", headers=TRACEPARENT), (CONNECT,))

    one = spans.one("WS /rooms/{room}")
    assert {"select rooms": "WS /rooms/{room}", "WS /rooms/{room}": PARENT} == spans.tree()
    assert (SpanKind.SERVER, StatusCode.UNSET) == (one.kind, one.status.status_code)
    assert ("websocket", "/rooms/{room}", "/rooms/5", "testserver", 80) == tuple(
        one.attributes[name]
        for name in ("network.protocol.name", "http.route", "url.path", "server.address", "server.port")
    )
    assert {"http.request.method", "http.response.status_code", "error.type"}.isdisjoint(one.attributes)
    assert {} == context.get_current()


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([ACCEPT, close(1000)], (None, None, StatusCode.UNSET)),
        ([close(1000)], (403, None, StatusCode.UNSET)),
        (
            [{"type": "websocket.http.response.start", "status": 401, "headers": []}],
            (401, None, StatusCode.UNSET),
        ),
        (
            [{"type": "websocket.http.response.start", "status": 503, "headers": []}],
            (503, "503", StatusCode.ERROR),
        ),
        ([], (500, "500", StatusCode.ERROR)),
    ],
)
def test_endings(monitor, spans, messages, expected) -> None:
    """A refusal has its status, a failure of the server's is an error, and a client that leaves is none."""
    connected(monitor, *messages, **DENIAL)

    (one,) = spans.ended
    found = one.attributes.get("http.response.status_code"), one.attributes.get("error.type")
    assert expected == (*found, one.status.status_code)
    assert 0 == lost(monitor)


def test_a_client_that_does_not_wait(monitor, spans) -> None:
    """A client that goes before its handshake is through is told of as that of a request is."""

    async def hear(receive):
        await receive()

    connected(monitor, then=hear, script=[CONNECT, left(1006)])

    (one,) = spans.ended
    assert (StatusCode.UNSET, "499") == (one.status.status_code, one.attributes["error.type"])
    assert "http.response.status_code" not in one.attributes


@pytest.mark.parametrize("messages", [[], [ACCEPT]])
def test_an_exception(monitor, spans, messages) -> None:
    """An exception is in the span."""

    async def fail(receive):
        raise KeyError("room")

    connected(monitor, *messages, then=fail)

    (one,) = spans.ended
    assert (StatusCode.ERROR, "KeyError") == (one.status.status_code, one.attributes["error.type"])
    (event,) = one.events
    assert "exception" == event.name


def test_the_client_has_gone(monitor, spans) -> None:
    """A client that goes ends its span, and what an application says after that is no fault."""

    async def gone(receive):
        await receive()
        raise ConnectionError

    connected(monitor, ACCEPT, then=gone, script=[CONNECT, left(1001)])

    (one,) = spans.ended
    assert (StatusCode.UNSET, None) == (one.status.status_code, one.attributes.get("error.type"))


def test_whoever_traces_already(monitor, spans) -> None:
    """Inside of somebody's server span there is none of ours."""
    with spans.tracer.start_as_current_span("theirs", kind=SpanKind.SERVER):
        connected(monitor, ACCEPT, close())

    assert ["theirs"] == spans.names()


@pytest.mark.skipif(
    not hasattr(FastAPI(), "_native_telemetry"), reason="FastAPI traces by itself from 0.142 on"
)
def test_fastapis_own_telemetry(monitor, spans) -> None:
    """Around an application that traces its WebSockets there is none of ours."""
    plain = FastAPI(telemetry={"tracing": True, "tracer_provider": spans.provider})

    @plain.websocket("/rooms/{room}")
    async def room(websocket: WebSocket):
        await websocket.accept()
        await websocket.close()

    serve(fastapi.instrument(plain, monitor=monitor), websocket_scope("/rooms/5"), (CONNECT,))

    assert ["WS /rooms/{room}"] == [span.name for span in spans.ended if span.kind == SpanKind.SERVER]
