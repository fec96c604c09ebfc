"""A small strict ASGI server: one request or connection, with the client's whims under the test's control."""

import asyncio
from urllib.parse import unquote

from support.asgi_rules import rules
from support.shop import Answer, variable


def http_scope(
    method="GET", path="/", *, host=b"testserver", headers=(), root_path="", spec_version="2.4", **more
):
    """The scope of a request; `path` is percent-encoded and may have a query, `root_path` is in front."""
    raw, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": spec_version},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": root_path + unquote(raw, errors="replace"),
        "raw_path": (root_path + raw).encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": root_path,
        "headers": [(b"host", host), *headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "state": {},
        **more,
    }


def websocket_scope(path="/", **more):
    """The scope of a connection, likewise."""
    scope = http_scope(path=path, **more)
    del scope["method"]
    return {**scope, "type": "websocket", "scheme": "ws", "subprotocols": []}


class AsgiServer:
    """Runs an application for one scope, and checks all that it sends and all that it gets.

    `script` are the messages that `receive` gives, one after the other; when they are out it waits until
    `leave` is called, or the response is complete, and then says that the client has gone. `on_send` and
    `on_receive` are called with each message before it is taken or given: they may be coroutine functions,
    raise (the server's OSError, say), cancel `task`, or wait. `got` are the very messages that arrived.
    """

    def __init__(self, scope, script=None, *, on_send=None, on_receive=None):
        self.scope = scope
        self.rules = rules(scope)
        self.got = []
        self.task = None
        self._script = list(script) if script is not None else _opening(scope)
        self._on_send = on_send
        self._on_receive = on_receive
        self._gone = asyncio.Event()

    def leave(self):
        """The client goes away."""
        self._gone.set()

    async def receive(self):
        """What the application awaits as ``receive()``."""
        if self._script:
            message = self._script.pop(0)
        else:
            await self._gone.wait()
            message = {"type": self.scope["type"] + ".disconnect"}
        await _call(self._on_receive, message)
        self.rules.received(message)
        return message

    async def send(self, message):
        """What the application awaits as ``send(message)``."""
        await _call(self._on_send, message)
        self.rules.sent(message)
        self.got.append(message)
        if self.rules.complete:
            self._gone.set()

    async def run(self, app):
        """Call `app`, and give what came of it."""
        self.task = asyncio.current_task()
        answer = Answer()
        token = variable.set("server")
        try:
            assert (await app(self.scope, self.receive, self.send)) is None
        except BaseException as error:
            answer.error = error
        answer.context = variable.get()
        variable.reset(token)
        for message in self.got:
            _note(answer, message)
        if self.scope.get("method") == "HEAD":
            answer.body = b""
        return answer


def serve(app, scope, script=None, **hooks):
    """Run `app` for one scope in an event loop of its own."""

    async def main():
        return await AsgiServer(scope, script, **hooks).run(app)

    return asyncio.run(main())


def body_script(body, size=16384):
    """The messages that bring a request's body."""
    parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    last = len(parts) - 1
    return [
        {"type": "http.request", "body": part, "more_body": number < last}
        for number, part in enumerate(parts)
    ]


def leaving_after(parts):
    """An `on_send` of a server whose client goes away when it has got so many parts of the body."""
    left = parts

    def on_send(message):
        nonlocal left
        if message["type"] == "http.response.body" and message.get("body"):
            if not left:
                raise OSError("the client has gone")
            left -= 1

    return on_send


def _opening(scope):
    return {"http": body_script(b""), "websocket": [{"type": "websocket.connect"}]}.get(scope["type"], [])


async def _call(hook, message):
    result = hook(message) if hook is not None else None
    if result is not None:
        await result


def _note(answer, message):
    kind = message["type"]
    if kind.endswith("http.response.start"):
        answer.status = message["status"]
        answer.headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers", ())
        }
    elif kind.endswith("http.response.body"):
        answer.body += message.get("body", b"")
