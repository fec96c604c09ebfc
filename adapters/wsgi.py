"""WSGI: the middleware, the metrics app and both together, for any WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from ..default import Binding
from ..endpoint import Endpoint, Request
from ..http.body import HEAD, NOTHING, BodyExchange
from ..http.company import accompanied
from ..http.exchange import drop
from ..http.routes import Reader
from ..monitor import PerformanceMonitor
from ..mount_point import MountPoint, standalone_path
from ..settings import check_http
from ._wsgi_body import NO_FILE, measured_body
from ._wsgi_environ import carried, facts_of_environ, variable_of
from ._wsgi_input import Input, declared_length

Environ = dict[str, Any]
Write = Callable[[bytes], object]
StartResponse = Callable[..., Write]
App = Callable[[Environ, StartResponse], Iterable[bytes]]


class WsgiExchange(BodyExchange):
    """A request as the calls of the WSGI protocol tell it."""

    __slots__ = ("_write", "server_start_response")

    # Set by the middleware, since another __init__ would cost a call; None once released.
    server_start_response: Any
    _write: Any

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> Write:
        """The server's `start_response`, listened to."""
        begin = self.server_start_response
        self._write = begin(status, headers) if exc_info is None else begin(status, headers, exc_info)
        try:
            self.status = int(status[:3])
        except (TypeError, ValueError):
            self.status = 0
        self.headers = headers
        if self.measure.forgets:
            self.locate()
        return self.write

    def write(self, data: bytes) -> object:
        """The server's `write`, listened to."""
        self.progress = HEAD
        if self.carried is not None:
            self.carried.bytes_out(len(data))
        return self._write(data)

    def release(self) -> None:
        """Let go of the server's callables, which may hold its environment, which holds this exchange."""
        self.server_start_response = self._write = None

    def remembering(self, wrapper: Callable[..., Any]) -> Callable[..., Any]:
        """A file wrapper that is no class, so that its results cannot be told by their type (uWSGI's)."""

        def file_wrapper(*args: Any) -> Any:
            self.file = wrapper(*args)
            return self.file

        return file_wrapper


class PerformanceMonitoringMiddleware:
    """Measures every request of a WSGI application.

    Without `monitor` the default monitor is used. `http_settings` are those of
    `mcp_perf.settings.HttpSettings`, and go over the monitor's own. Raises TypeError or ValueError for a
    wrong one.
    """

    def __init__(self, app: App, monitor: PerformanceMonitor | None = None, **http_settings: Any) -> None:
        check_http(http_settings)
        self.app = app
        reader = self.reader()
        self._http = Binding(monitor, lambda found: found.http(http_settings, reader))

    def reader(self) -> Reader:
        """How environments are read; for faces that know a router to override."""
        return Reader(path_info, facts_of_environ)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Measure a request."""
        exchange = None
        try:
            measure = self._http.value or self._http.bind()
            if measure.exclude is None or measure.path(environ) not in measure.exclude:
                outer = environ.get(measure.key)
                if outer is None or not outer.open:  # else this monitor is in the stack twice
                    exchange = WsgiExchange()
                    exchange.begin(measure, environ.get("REQUEST_METHOD"), environ)
                    exchange.server_start_response = start_response
                    exchange.progress = NOTHING
                    exchange.file = NO_FILE
                    exchange.headers = ()
                    wrapper = environ.get("wsgi.file_wrapper")
                    if wrapper is not None and not isinstance(wrapper, type):
                        environ["wsgi.file_wrapper"] = exchange.remembering(wrapper)
                    length = environ.get("CONTENT_LENGTH")
                    if (length and length != "0") or "HTTP_TRANSFER_ENCODING" in environ:
                        stream = environ["wsgi.input"]
                        environ["wsgi.input"] = Input(stream, exchange, declared_length(length))
                    environ[measure.key] = exchange
                    if measure.join is not None:
                        exchange.company = measure.join(exchange)
        except Exception as error:
            self._http.lost("http", error)
            if exchange is not None:
                exchange.drop()
                exchange = None
        if exchange is None:
            return self.app(environ, start_response)
        app = self.app if exchange.company is None else accompanied(self.app, exchange.company)
        try:
            result = app(environ, exchange.start_response)
            return measured_body(exchange, result, environ)
        except BaseException as error:
            exchange.fail(error)
            raise


class MetricsApp:
    """The WSGI face of the endpoint; see `metrics_app`."""

    def __init__(self, monitor: PerformanceMonitor | None = None) -> None:
        self._endpoint = Endpoint(monitor)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        return self.answer(environ, start_response, standalone_path(path_info(environ)))

    def answer(self, environ: Environ, start_response: StartResponse, path: str) -> Iterable[bytes]:
        """Answer a request for `path` below the metrics app."""
        drop(environ.values())
        answer = self._endpoint.answer(
            Request(
                method=environ["REQUEST_METHOD"],
                path=path,
                query=environ.get("QUERY_STRING", ""),
                header=lambda name: environ.get(variable_of(name), ""),
                client=environ.get("REMOTE_ADDR", ""),
                is_multiprocess=bool(environ.get("wsgi.multiprocess")),
            )
        )
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers))
        return self._endpoint.sent(answer)


def metrics_app(monitor: PerformanceMonitor | None = None) -> MetricsApp:
    """A WSGI app that answers ``/metrics`` and ``/metrics/summary``, to be mounted at ``/metrics``."""
    return MetricsApp(monitor)


class Serving:
    """A WSGI application with the metrics app at a mount point in front of it."""

    def __init__(self, app: App, mount: MountPoint, monitor: PerformanceMonitor | None) -> None:
        self.app = app
        self._mount = mount
        self._carried = mount.path.encode().decode("latin-1")  # as WSGI carries it
        self._metrics = MetricsApp(monitor)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer what leads to the metrics app, and leave the rest to the application."""
        path = environ.get("PATH_INFO")
        # The cheap test comes first: almost no path has the mount point's in it.
        if type(path) is str and self._carried in path:
            rest = self._mount.rest(path_info(environ))
            if rest is not None:
                return self._metrics.answer(environ, start_response, rest)
        return self.app(environ, start_response)


def instrument(
    app: App, path: str = "/metrics", monitor: PerformanceMonitor | None = None, **http_settings: Any
) -> Serving:
    """`app`, measured, with the metrics app at `path` and below; requests there are not measured.

    Arguments as for `PerformanceMonitoringMiddleware`; ValueError for a `path` without a leading slash.
    """
    mount = MountPoint(path)
    return Serving(PerformanceMonitoringMiddleware(app, monitor, **http_settings), mount, monitor)


def path_info(environ: Environ) -> str:
    """The path below the mount."""
    return carried(environ.get("PATH_INFO", ""))
