"""What an application sends reaches the server as it is, and the last of it is the end."""

import asyncio
import contextlib
import http

import pytest
from support.asgi_driver import AsgiServer, http_scope, serve, websocket_scope
from support.asgi_parts import body, measured, receive, sending, start, stranger
from support.asgi_rules import Strict
from support.readings import in_progress, requests, total
from support.shop import UNMATCHED


@pytest.mark.parametrize("status", [http.HTTPStatus.CREATED, 201, "201", 201.0])
def test_a_status_in_any_form(monitor, status):
    """What can be read as a status is one."""
    _run(stranger(sending(start(status), body()), monitor))

    assert {("GET", UNMATCHED, "201"): 1} == requests(monitor)


@pytest.mark.parametrize("status", [None, "ok", [], {}, float("nan"), float("inf")])
def test_a_status_that_is_none(monitor, status):
    """What is no status is for the server to complain of; the request is counted once all the same."""
    got = _run(stranger(sending(start(status), body()), monitor))

    assert ["http.response.start", "http.response.body"] == [message["type"] for message in got]
    assert 1 == total(monitor, "mcp_http_requests_total")
    assert 0 == in_progress(monitor)


@pytest.mark.parametrize("message", [{}, {"type": None}, {"type": []}, {"type": "nonsense"}, None, 1])
@pytest.mark.parametrize("scope", [http_scope(), websocket_scope()], ids=["http", "websocket"])
def test_an_odd_message_is_the_servers_to_judge(monitor, message, scope):
    """Whatever an application sends reaches the server, as the very same object."""
    got = _run(stranger(sending(message), monitor), dict(scope))

    assert 1 == len(got)
    assert message is got[0]


@pytest.mark.parametrize("part", [None, "text", 7, bytearray(b"x"), memoryview(b"x")])
def test_an_odd_body_is_the_servers_to_judge(monitor, part):
    """So is what is no bytes."""
    for settings in ({}, {"response_size": True}):
        app = stranger(sending(start(), body(part)), monitor, **settings)

        assert part is _run(app)[1]["body"]

    assert {("GET", UNMATCHED, "200"): 2} == requests(monitor)


def _run(app, scope=None):
    """What arrives at a server that takes anything."""
    got = []

    async def take(message):
        got.append(message)

    asyncio.run(app(scope if scope is not None else http_scope(), receive, take))
    return got


class File:
    """What a server can send without reading it."""

    def fileno(self):
        return 0


FILE = File()
TRAILERS = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}
EXTENSIONS = {"http.response.pathsend": {}, "http.response.zerocopysend": {}, "http.response.trailers": {}}


@pytest.mark.parametrize(
    "messages",
    [
        [start(), {"type": "http.response.pathsend", "path": "/etc/hostname"}],
        [start(), {"type": "http.response.zerocopysend", "file": FILE}],
        [
            start(),
            body(b"head", True),
            {"type": "http.response.zerocopysend", "file": FILE, "offset": 1, "count": 2, "more_body": True},
            body(b"tail"),
        ],
        [start(trailers=True), body(b"x"), TRAILERS],
        [start(trailers=True), body(b"x"), {**TRAILERS, "more_trailers": True}, TRAILERS],
        [start(trailers=True), {"type": "http.response.pathsend", "path": "/etc/hostname"}, TRAILERS],
        [{"type": "http.response.early_hint", "links": [b"</a>"]}, start(), body()],
        [{"type": "http.response.debug", "info": {}}, start(), body()],
        [start(), {"type": "http.response.push", "path": "/a", "headers": []}, body()],
    ],
    ids=["path", "file", "files", "trailers", "more trailers", "path, trailers", "hint", "debug", "push"],
)
def test_extensions_reach_the_server_intact(clock, monitor, messages):
    """Each message arrives as the very object that was sent; the last of them is the end."""

    async def main():
        server = AsgiServer(http_scope(extensions=EXTENSIONS), on_send=lambda message: clock.advance(1))
        strict = Strict(sending(*messages, then=afterwork))
        return await server.run(stranger(strict, monitor)), server.got

    async def afterwork(scope, receive, send):
        clock.advance(60)

    answer, got = asyncio.run(main())

    assert None is answer.error
    assert all(one is other for one, other in zip(messages, got, strict=True))
    assert {("GET", UNMATCHED, "200"): 1} == requests(monitor)
    assert 60 > total(monitor, "mcp_http_request_duration_seconds_sum") >= len(messages) - 1


def test_a_file_that_the_server_sends_has_no_size(monitor):
    """Nobody has seen the bytes of a file that the server sends by itself, so that no size is claimed."""
    messages = [start(), {"type": "http.response.pathsend", "path": "/etc/hostname"}]

    serve(measured(sending(*messages), monitor, response_size=True), http_scope(extensions=EXTENSIONS))

    assert {("GET", UNMATCHED, "200"): 1} == requests(monitor)
    assert 0 == total(monitor, "mcp_http_response_size_bytes_count")


@pytest.mark.parametrize("refused", [1, 2])
def test_a_start_that_the_server_refuses_is_not_the_status(monitor, refused):
    """What was answered is what the server has taken: the first of two starts, or the second."""
    statuses = iter([1, 2])

    def on_send(message):
        if message["type"] == "http.response.start" and next(statuses) == refused:
            raise RuntimeError

    async def twice(scope, receive, send):
        for status in (201, 202):
            with contextlib.suppress(RuntimeError):
                await send(start(status))
        await send(body())

    asyncio.run(_served(stranger(twice, monitor), on_send))

    assert {("GET", UNMATCHED, "202" if refused == 1 else "201"): 1} == requests(monitor)


async def _served(app, on_send):
    async def send(message):
        on_send(message)

    await app(http_scope(), receive, send)
