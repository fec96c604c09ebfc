"""The server of the shop: werkzeug's, a thread for each request, silent."""

from __future__ import annotations

import socket
from threading import Thread
from types import TracebackType
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """A socket listening on `port`, a free one for 0; OSError where that cannot be."""
    return socket.create_server((HOST, port))


class _Silent(WSGIRequestHandler):
    timeout = 10  # a browser opens connections ahead of need and may never use them

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Requests are counted, not listed."""


class Server:
    """Serves `app` on a listening socket as long as the context lasts."""

    def __init__(self, listener: socket.socket, app: Any) -> None:
        self.port: int = listener.getsockname()[1]
        self.address = f"http://{HOST}:{self.port}"
        # werkzeug ends the process where it cannot bind by itself, so it gets a socket that is bound.
        self._server = make_server(
            HOST, self.port, app, threaded=True, request_handler=_Silent, fd=listener.fileno()
        )
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="shop", daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
