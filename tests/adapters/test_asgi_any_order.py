"""Whatever an application does, the server sees it as without us, and counts it once."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from support.asgi_driver import AsgiServer, http_scope, websocket_scope
from support.asgi_parts import DISCONNECT, body, start, stranger
from support.readings import in_progress, lost, total
from support.shop import BoomError

from mcp_perf import PerformanceMonitor

HTTP = [
    start(200),
    start(404),
    body(b"x"),
    body(b"x", True),
    body(b"y" * 70_000),
    body(),
    {"type": "http.response.trailers", "headers": []},
    {"type": "http.response.pathsend", "path": "/x"},
]
WEBSOCKET = [
    {"type": "websocket.accept"},
    {"type": "websocket.send", "text": "x"},
    {"type": "websocket.close", "code": 3000},
    {"type": "websocket.http.response.start", "status": 401},
    {"type": "websocket.http.response.body", "body": b"x"},
]
ACTIONS = ["receive", "raise", "catch", "child", "cancel", "return"]


class LaxServer(AsgiServer):
    """A server that takes anything, and raises OSError from the send of one number on."""

    def __init__(self, scope, script, fails_at):
        super().__init__(scope, script)
        self._fails_at = fails_at

    async def receive(self):
        return self._script.pop(0) if self._script else {"type": self.scope["type"] + ".disconnect"}

    async def send(self, message):
        if len(self.got) >= self._fails_at:
            raise OSError("gone")
        self.got.append(message)


def acting(actions, noted):
    """An application that does these things, one after the other."""

    async def app(scope, receive, send):
        catching, in_child = False, False
        for action in actions:
            if action == "catch":
                catching = True
            elif action == "child":
                in_child = True
            elif action == "return":
                return
            elif action == "cancel":
                asyncio.current_task().cancel()
                await asyncio.sleep(0)
            elif action == "raise":
                raise BoomError
            elif action == "receive":
                noted.append(await receive())
            else:
                try:
                    await (asyncio.create_task(send(action)) if in_child else send(action))
                except OSError:
                    if not catching:
                        raise

    return app


def run(app, scope, script, fails_at):
    async def main():
        server = LaxServer(scope, script, fails_at)
        answer = await server.run(app)
        return type(answer.error), answer.context, server.got

    return asyncio.run(main())


def check(messages, data):
    """Run the same application with and without us."""
    actions = data.draw(st.lists(st.sampled_from(messages + ACTIONS), max_size=7))
    fails_at = data.draw(st.integers(0, 7))
    settings = data.draw(st.sampled_from([{}, {"response_size": True, "time_to_first_byte": True}]))
    kind = "http" if messages is HTTP else "websocket"
    make, opening, gone = {
        "http": (http_scope, {"type": "http.request", "body": b"x"}, DISCONNECT),
        "websocket": (websocket_scope, {"type": "websocket.connect"}, {"type": "websocket.disconnect"}),
    }[kind]
    script = data.draw(st.sampled_from([[opening], [gone], [opening, gone]]))
    monitor = PerformanceMonitor(registry=None)
    bare_noted, noted = [], []

    expected = run(acting(actions, bare_noted), make(), script, fails_at)
    found = run(stranger(acting(actions, noted), monitor, **settings), make(), script, fails_at)

    assert expected == found
    assert bare_noted == noted
    counter = {"http": "mcp_http_requests_total", "websocket": "mcp_websocket_connections_total"}[kind]
    assert 1 == total(monitor, counter)
    assert 0 == in_progress(monitor)
    assert 0 == total(monitor, "mcp_websocket_connections_active")
    assert 0 == lost(monitor)


@given(st.data())
def test_any_http_exchange(data):
    """Messages in any order, servers that fail at any of them, exceptions and cancellations anywhere."""
    check(HTTP, data)


@given(st.data())
def test_any_websocket(data):
    """The same for WebSockets."""
    check(WEBSOCKET, data)
