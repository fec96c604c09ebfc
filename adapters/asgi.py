"""ASGI: the middleware, the metrics app and both together, for any ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from ..default import Binding
from ..endpoint import Endpoint, Request
from ..http.company import accompanied_async
from ..http.exchange import drop
from ..http.routes import Reader
from ..http.websocket import NORMAL
from ..monitor import PerformanceMonitor
from ..mount_point import MountPoint, standalone_path
from ..settings import check_http
from ._asgi_facts import facts_of_scope
from ._asgi_gone import while_there
from ._asgi_lifespan import flushing
from ._asgi_messages import App, AsgiConnection, AsgiExchange, Receive, Scope, Send
from ._fastapi_telemetry import traces_itself


class PerformanceMonitoringMiddleware:
    """Measures every HTTP request and WebSocket of an ASGI application; other scopes pass untouched.

    Without `monitor` the default monitor is used. `http_settings` are those of
    `mcp_perf.settings.HttpSettings`, and go over the monitor's own. Raises TypeError or ValueError for a
    wrong one.
    """

    def __init__(self, app: App, monitor: PerformanceMonitor | None = None, **http_settings: Any) -> None:
        check_http(http_settings)
        self.app = app
        reader = self.reader()
        self._http = Binding(monitor, lambda found: found.http(http_settings, reader))
        self._monitor = Binding(monitor, lambda found: found)
        self._websocket = Binding(monitor, lambda found: found.websocket(http_settings, reader))

    def reader(self) -> Reader:
        """How scopes are read; for faces that know a router to override."""
        return Reader(path_below_root, facts_of_scope, is_traced_inside=self.is_traced_inside)

    def is_traced_inside(self) -> bool:
        """Whether the application makes a server span of its own for each request."""
        return traces_itself(self.app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure a request or a connection; pass any other scope on as it is."""
        measured: Any = None
        try:
            kind = scope["type"]
            if kind == "http":
                measure = self._http.value or self._http.bind()
                outer = scope.get(measure.key)
                if (outer is None or not outer.open) and (
                    measure.exclude is None or measure.path(scope) not in measure.exclude
                ):
                    exchange = AsgiExchange()
                    exchange.begin(measure, scope.get("method"), scope)
                    exchange.server_receive = receive
                    exchange.server_send = send
                    exchange.trailers = exchange.handed = False
                    measured = exchange
                    scope[measure.key] = exchange
                    if measure.join is not None:
                        exchange.company = measure.join(exchange)
            elif kind == "websocket":
                measured = self._connection(scope, receive, send)
            elif kind == "lifespan":
                send = flushing(send, self._flush)
        except Exception as error:
            self._http.lost("http", error)
        if measured is None:
            return await self.app(scope, receive, send)
        app = self.app if measured.company is None else accompanied_async(self.app, measured.company)
        try:
            await app(scope, measured.receive, measured.send)
        except BaseException as error:
            measured.fail(error)
            raise
        if measured.open:
            measured.end()
        return None

    def _flush(self) -> Callable[[], None] | None:
        if self._http.value is None:
            return None  # nothing was measured
        monitor = self._monitor.value or self._monitor.bind()
        return monitor.flush if monitor.is_exporting else None

    def _connection(self, scope: Scope, receive: Receive, send: Send) -> AsgiConnection | None:
        try:
            measure = self._websocket.value or self._websocket.bind()
            if measure.exclude is not None and measure.path(scope) in measure.exclude:
                return None
            outer = scope.get(measure.key)
            if outer is not None and outer.open:  # this monitor is in the stack twice
                return None
            connection = scope[measure.key] = AsgiConnection(measure, scope, receive, send)
            if measure.join is not None:
                connection.company = measure.join(connection)
        except Exception as error:
            self._websocket.lost("websocket", error)
            return None
        return connection


class MetricsApp:
    """The ASGI face of the endpoint; see `metrics_app`."""

    def __init__(self, monitor: PerformanceMonitor | None = None) -> None:
        self._endpoint = Endpoint(monitor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; refuse a WebSocket; have nothing to do in a lifespan."""
        if scope["type"] == "http":
            await self.answer(scope, receive, send, standalone_path(path_below_root(scope)))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": NORMAL, "reason": ""})
        elif scope["type"] == "lifespan":
            await _live(receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """Answer a request for `path` below the metrics app."""
        drop(scope.values())
        answering = self._endpoint.answer_async(
            Request(
                method=scope["method"],
                path=path,
                query=scope.get("query_string", b"").decode("latin-1"),
                header=lambda name: _header(scope, name.encode("latin-1")),
                client=(scope.get("client") or ("",))[0] or "",
            )
        )
        answer = await (while_there(answering, receive) if self._endpoint.is_long(path) else answering)
        if answer is None:
            return
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers
        ]

        async def give(parts: AsyncIterator[bytes]) -> None:
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        await self._endpoint.send(answer, give)


def metrics_app(monitor: PerformanceMonitor | None = None) -> MetricsApp:
    """An ASGI app that answers ``/metrics`` and ``/metrics/summary``, to be mounted at ``/metrics``."""
    return MetricsApp(monitor)


class Serving:
    """An ASGI application with the metrics app at a mount point in front of it."""

    def __init__(self, app: App, mount: MountPoint, monitor: PerformanceMonitor | None) -> None:
        self.app = app
        self._mount = mount
        self._metrics = MetricsApp(monitor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what leads to the metrics app, and leave the rest to the application."""
        path = scope.get("path")
        # The cheap test comes first: almost no path has the mount point's in it.
        if scope["type"] == "http" and type(path) is str and self._mount.path in path:
            rest = self._mount.rest(path_below_root(scope))
            if rest is not None:
                return await self._metrics.answer(scope, receive, send, rest)
        return await self.app(scope, receive, send)


def instrument(
    app: App, path: str = "/metrics", monitor: PerformanceMonitor | None = None, **http_settings: Any
) -> Serving:
    """`app`, measured, with the metrics app at `path` and below; requests there are not measured.

    Arguments as for `PerformanceMonitoringMiddleware`; ValueError for a `path` without a leading slash.
    """
    mount = MountPoint(path)
    return Serving(PerformanceMonitoringMiddleware(app, monitor, **http_settings), mount, monitor)


def path_below_root(scope: Scope) -> str:
    """The path without the prefix that a server or a mount has taken already (``root_path``)."""
    path: str = scope.get("path", "")
    root: str = (scope.get("root_path") or "").rstrip("/")
    if root and (path == root or path.startswith(root + "/")):
        return path[len(root) :]
    return path


def _header(scope: Scope, name: bytes) -> str:
    values = (value for key, value in scope.get("headers", ()) if key.lower() == name)
    return ", ".join(value.decode("latin-1") for value in values)


async def _live(receive: Receive, send: Send) -> None:
    """Answer a lifespan: there is nothing to start or to stop."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
