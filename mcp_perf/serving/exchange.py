"""One request on one connection: the standard library's WSGI server, with limits."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, cast
from wsgiref.handlers import SimpleHandler
from wsgiref.simple_server import WSGIRequestHandler

from .stream import Stream, TooLongError

logger = logging.getLogger("mcp_perf")

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_NAME = "mcp_perf"
_MOST = 65536


class LineError(ValueError):
    """A line of a head that two readers may take for different ones."""


class _Lines(io.BufferedReader):
    """Reads a head: in it a line ends with a line feed, and nothing else ends a field."""

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line; LineError for one with a control character that divides."""
        line = super().readline(size)
        content = line.removesuffix(b"\n").removesuffix(b"\r")
        if b"\r" in content or b"\0" in content:
            raise LineError
        return line


class _Run(SimpleHandler):
    """Runs the app for one request, and answers as HTTP/1.0 does: one request to a connection."""

    server_software = _NAME
    # The library would put all variables of the process into that of the request, HTTP_PROXY as a header.
    os_environ: dict[str, str] = {}  # noqa: RUF012 - declared so by the library
    wsgi_file_wrapper = None

    def log_exception(self, exc_info: Any) -> None:
        """A fault of ours, not of the client."""
        logger.error("mcp_perf could not answer a request on its own port", exc_info=exc_info)


class Exchange(WSGIRequestHandler):
    """Reads a request from `stream`, has `app` answer it; `environ` is what all requests have in common."""

    server_version = _NAME
    sys_version = ""

    # `socketserver`, which makes these else, would read and write without limits.
    def __init__(self, stream: Stream, client: str, app: App, environ: Mapping[str, str]) -> None:
        self.rfile = _Lines(stream)
        self.wfile = stream  # type: ignore[assignment]
        self.client_address = (client, 0)
        self.requestline = self.request_version = self.command = ""
        self._app = app
        self._environ = environ

    def handle(self) -> None:
        """Answer the one request that this connection is for."""
        try:
            self.raw_requestline = self.rfile.readline(_MOST)
            if self.parse_request():
                stdin, stdout = cast("Any", self.rfile), cast("Any", self.wfile)
                _Run(stdin, stdout, self.get_stderr(), self.get_environ()).run(self._app)
        except TooLongError:
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except LineError:
            self.send_error(HTTPStatus.BAD_REQUEST)

    def get_environ(self) -> dict[str, Any]:
        """The environment of the request."""
        # A client could write X_Forwarded_For, which a proxy passes on, and WSGI makes one of both.
        for name in {name for name in self.headers if "_" in name}:
            del self.headers[name]
        scheme, found, rest = self.path.partition("://")
        if found and scheme.lower() in ("http", "https"):  # as a proxy is asked
            self.path = "/" + rest.partition("/")[2]
        self.server: Any = self  # where the library looks for the next one
        environ = super().get_environ()
        environ["CONTENT_TYPE"] = self.headers.get("content-type", "")  # the library makes one up
        return environ

    @property
    def base_environ(self) -> dict[str, str]:
        """What all requests have in common."""
        return dict(self._environ)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Requests are not listed."""
