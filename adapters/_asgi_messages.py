"""Requests and WebSockets as their ASGI messages tell them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ..http.exchange import Exchange
from ..http.websocket import ABNORMAL, NO_STATUS, NORMAL, Connection, WebSocketMeasure

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class AsgiExchange(Exchange):
    """An HTTP request as its ASGI messages tell it."""

    __slots__ = ("handed", "server_receive", "server_send", "trailers")

    # Set by the middleware, since another __init__ would cost a call.
    server_receive: Receive
    server_send: Send
    trailers: bool  # some will follow the body
    handed: bool  # the server has the last message

    def send(self, message: Message) -> Awaitable[None]:
        """The server's `send`, listened to."""
        more: bool | None = None  # None: carries nothing of the answer
        try:
            kind = message["type"]
            if kind == "http.response.body":
                if self.carried is not None:
                    self.carried.bytes_out(len(message.get("body") or b""))
                more = message.get("more_body", False) or self.trailers
            elif kind == "http.response.start":
                return self._send_start(message)
            elif kind == "http.response.trailers":
                more = message.get("more_trailers", False)
            elif kind in _FILES:
                self.sends_itself()
                more = message.get("more_body", False) or self.trailers
        except Exception as error:  # an odd message is the server's to judge
            self.measure.faults.lost("message", error)
        return self.server_send(message) if more is None else self._send_part(message, more)

    async def receive(self) -> Message:
        """The server's `receive`, listened to."""
        message = await self.server_receive()
        try:
            if message["type"] == "http.disconnect":
                # A server says so too when the answer is complete, hypercorn before its `send` has returned.
                if not self.handed:
                    self.client_gone()
            elif self.carried is not None:
                self.carried.bytes_in(len(message.get("body") or b""))
        except Exception as error:
            self.measure.faults.lost("message", error)
        return message

    async def _send_start(self, message: Message) -> None:
        try:
            await self.server_send(message)
        except OSError:  # as in `_send_part`
            self.client_gone()
            raise
        # Only now, since a server refuses a start that is wrong or comes a second time.
        try:
            self.status = message.get("status", 0)
            self.trailers = message.get("trailers", False)
        except Exception as error:
            self.measure.faults.lost("message", error)

    async def _send_part(self, message: Message, more: bool) -> None:
        if not more:
            self.handed = True
            if self.method.is_survived:  # here, since it saves a call where nobody reads what was promised
                self.promise()
            if self.company is not None:
                self.company.completing(self)
        try:
            await self.server_send(message)
        except OSError:  # how a server says that the client has gone (ASGI HTTP spec 2.4)
            self.client_gone()
            raise
        if not more:
            self.end()


_FILES = frozenset({"http.response.pathsend", "http.response.zerocopysend"})


class AsgiConnection(Connection):
    """A WebSocket as its ASGI messages tell it."""

    __slots__ = ("_receive", "_send")

    def __init__(self, measure: WebSocketMeasure, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(measure, scope)
        self._receive = receive
        self._send = send

    async def send(self, message: Message) -> None:
        """The server's `send`, listened to."""
        try:
            await self._send(message)
        except OSError:  # as for HTTP; nobody has closed the connection
            self.left(ABNORMAL)
            raise
        try:
            kind = message["type"]
            if kind == "websocket.accept":
                self.accepted()
            elif kind == "websocket.close":
                self.closed(message.get("code") or NORMAL)
            elif kind == "websocket.http.response.start":
                self.code = message.get("status")
            elif kind == "websocket.http.response.body" and not message.get("more_body", False):
                self.end()
        except Exception as error:
            self.measure.faults.lost("message", error)

    async def receive(self) -> Message:
        """The server's `receive`, listened to."""
        message = await self._receive()
        try:
            if message["type"] == "websocket.disconnect":
                self.left(message.get("code") or NO_STATUS)
        except Exception as error:
            self.measure.faults.lost("message", error)
        return message
