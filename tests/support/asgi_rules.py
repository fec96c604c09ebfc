"""The ASGI protocol as assertions, for either side of whatever stands between server and application."""

import inspect

MORE = {
    "http.response.body": "more_body",
    "http.response.zerocopysend": "more_body",
    "http.response.trailers": "more_trailers",
    "websocket.http.response.body": "more_body",
}
EXTENSIONS = ("http.response.pathsend", "http.response.zerocopysend", "http.response.trailers")
INFORMATION = ("http.response.push", "http.response.early_hint", "http.response.debug")


class HttpRules:
    """The order and the types of one HTTP exchange's messages."""

    START, BODY = "http.response.start", "http.response.body"

    def __init__(self, scope):
        self.extensions = scope.get("extensions") or {}
        self.state = "nothing"  # then "started", perhaps "trailers", "complete"
        self.has_trailers = False
        self.body_complete = False
        self.disconnected = False

    @property
    def complete(self):
        return self.state == "complete"

    def received(self, message):
        """Check a message that the server gives to the application."""
        _message(message)
        if message["type"] == "http.disconnect":
            self.disconnected = True
            return
        assert message["type"] == "http.request", message
        assert not self.disconnected, "a part of the request after the client has gone"
        assert not self.body_complete, "a part of the request after the last one"
        _optional(message, "body", bytes)
        _optional(message, "more_body", bool)
        self.body_complete = not message.get("more_body", False)

    def sent(self, message):
        """Check a message that the application gives to the server."""
        _message(message)
        kind = message["type"]
        assert not self.complete, f"{kind} after the end of the response"
        if kind == self.START:
            self._start(message)
        elif kind == "http.response.trailers":
            assert self.state == "trailers", f"{kind} in the state {self.state!r}"
            _headers(message)
            self._end_unless(_more(message))
        elif kind not in INFORMATION:
            assert self.state == "started", f"{kind} in the state {self.state!r}"
            self._part(kind, message)

    def _start(self, message):
        assert self.state == "nothing", "a second start of the response"
        assert type(message["status"]) is int, message
        _headers(message)
        _optional(message, "trailers", bool)
        self.has_trailers = message.get("trailers", False)
        assert not self.has_trailers or "http.response.trailers" in self.extensions, "no such extension"
        self.state = "started"

    def _part(self, kind, message):
        if kind == self.BODY:
            _optional(message, "body", bytes)
        elif kind == "http.response.pathsend":
            assert type(message["path"]) is str, message
        else:
            assert kind == "http.response.zerocopysend", f"unknown message {kind}"
            assert hasattr(message["file"], "fileno"), message
        assert kind == self.BODY or kind in self.extensions, f"no extension {kind}"
        if not _more(message):
            self.state = "trailers" if self.has_trailers else "complete"

    def _end_unless(self, more):
        if not more:
            self.state = "complete"


class WebSocketRules:
    """The order and the types of one WebSocket's messages."""

    def __init__(self, scope):
        self.extensions = scope.get("extensions") or {}
        self.server = "nothing"  # then "connected", "disconnected"
        self.application = "nothing"  # then "accepted" or "refusing", "closed"

    @property
    def complete(self):
        return self.application == "closed"

    def received(self, message):
        """Check a message that the server gives to the application."""
        _message(message)
        kind = message["type"]
        if kind == "websocket.connect":
            assert self.server == "nothing", f"{kind} in the state {self.server!r}"
            self.server = "connected"
        elif kind == "websocket.receive":
            assert (self.server, self.application) == ("connected", "accepted"), kind
            assert (message.get("bytes") is None) != (message.get("text") is None), message
        else:
            assert kind == "websocket.disconnect", f"unknown message {kind}"
            assert self.server == "connected", f"{kind} in the state {self.server!r}"
            self.server = "disconnected"

    def sent(self, message):
        """Check a message that the application gives to the server."""
        _message(message)
        kind = message["type"]
        if kind in ("websocket.accept", "websocket.http.response.start"):
            assert self.application == "nothing", f"{kind} in the state {self.application!r}"
            self.application = "accepted" if kind == "websocket.accept" else "refusing"
            assert self.application == "accepted" or "websocket.http.response" in self.extensions
        elif kind == "websocket.http.response.body":
            assert self.application == "refusing", f"{kind} in the state {self.application!r}"
            if not _more(message):
                self.application = "closed"
        elif kind == "websocket.send":
            assert self.application == "accepted", f"{kind} in the state {self.application!r}"
            assert (message.get("bytes") is None) != (message.get("text") is None), message
        else:
            assert kind == "websocket.close", f"unknown message {kind}"
            assert self.application in ("nothing", "accepted"), f"{kind} in the state {self.application!r}"
            self.application = "closed"


class NoRules:
    """For scopes of any other type."""

    complete = True

    def __init__(self, scope):
        self.scope = scope

    def received(self, message):
        _message(message)

    sent = received


def rules(scope):
    """The rules of a scope."""
    return {"http": HttpRules, "websocket": WebSocketRules}.get(scope["type"], NoRules)(scope)


class Strict:
    """An application between whose calls and the server in front of it the rules hold.

    Put directly inside a middleware it finds out whether that one is as good as a server; `sent` are the
    very messages that went out.
    """

    def __init__(self, app, sent=None):
        self.app = app
        self.sent = sent if sent is not None else []

    async def __call__(self, scope, receive, send):
        assert isinstance(scope, dict)
        own = rules(scope)

        async def checked_receive():
            message = await receive()
            own.received(message)
            return message

        async def checked_send(message):
            own.sent(message)
            self.sent.append(message)
            awaitable = send(message)
            assert inspect.isawaitable(awaitable)
            assert (await awaitable) is None

        await self.app(scope, checked_receive, checked_send)


def _message(message):
    assert isinstance(message, dict), message
    assert type(message["type"]) is str, message


def _optional(message, key, kind):
    assert key not in message or type(message[key]) is kind, message


def _more(message):
    key = MORE.get(message["type"])
    if key is None:
        return False
    _optional(message, key, bool)
    return message.get(key, False)


def _headers(message):
    for name, value in message.get("headers", ()):
        assert type(name) is bytes, message
        assert type(value) is bytes, message
        assert name == name.lower(), message
