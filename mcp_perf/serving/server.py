"""The server: accepts connections on a thread of its own, and answers each on another one."""

from __future__ import annotations

import logging
import selectors
import socket
import time
from threading import Semaphore, Thread, current_thread
from weakref import WeakSet

from ..storage.forks import follow
from . import limits
from .certificates import Certificates
from .exchange import App, Exchange
from .stream import Stream

logger = logging.getLogger("mcp_perf")

_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
_PAUSE = 1.0  # seconds, where no connection can be accepted


class Server:
    """Serves `app` on a socket that listens, until it is closed: at the end of a `with` block, for example.

    `host` and `port` say where, `url` is where the metrics are. A child of this process has no server.
    """

    def __init__(
        self, app: App, listener: socket.socket, *, host: str, path: str, certificates: Certificates | None
    ) -> None:
        self.host = host
        self.port: int = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'http' if certificates is None else 'https'}://{shown}:{self.port}{path}"
        self._app = app
        self._certificates = certificates
        self._listener = listener
        self._wake, self._woken = socket.socketpair()
        self._places = Semaphore(limits.CONNECTIONS)
        self._connections: dict[Thread, socket.socket] = {}
        self._threads: WeakSet[Thread] = WeakSet()  # those in their last steps, too
        self._closed = False
        self._environ = {
            "SERVER_NAME": host,
            "SERVER_PORT": str(self.port),
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REMOTE_HOST": "",
            "CONTENT_LENGTH": "",
            "SCRIPT_NAME": "",
            "HTTPS": "off" if certificates is None else "on",
        }
        self._thread = Thread(target=self._accept, name="mcp_perf server", daemon=True)
        follow(self)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<Server {self.url}{' closed' if self._closed else ''}>"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether it serves no more, in this process."""
        return self._closed

    def close(self) -> None:
        """Serve no more: what is under way is cut off, sockets are closed and threads gone."""
        if self._closed:
            return
        self._closed = True
        self._wake.send(b"\0")
        self._places.release()
        end = time.monotonic() + limits.JOINING_SECONDS
        _join(self._thread, end)
        self._listener.close()
        for connection in list(self._connections.values()):
            _cut(connection)
        for thread in list(self._threads):
            _join(thread, end)
        self._wake.close()
        self._woken.close()

    def forked(self) -> None:
        """This is a child, which has the sockets of its parent but nobody to serve them."""
        if not self._closed:
            self._closed = True
            for one in (self._listener, self._wake, self._woken, *self._connections.values()):
                one.close()
            self._connections = {}

    def _accept(self) -> None:
        with _Selector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.register(self._listener, selectors.EVENT_READ)
            while True:
                self._places.acquire()  # first, so that who is too many waits where the system keeps them
                connection = None
                while connection is None and not self._closed:
                    selector.select()
                    connection = None if self._closed else self._next()
                if connection is None:
                    return
                self._begin(*connection)

    def _next(self) -> tuple[socket.socket, str] | None:
        try:
            connection, address = self._listener.accept()
        except (BlockingIOError, ConnectionError, InterruptedError):  # it has gone meanwhile
            return None
        except OSError as error:
            logger.warning("mcp_perf cannot accept a connection on port %d now: %s", self.port, error)
            self._pause()
            return None
        return connection, address[0]

    def _pause(self) -> None:
        """Wait, unless the server closes: what cannot be accepted is still there."""
        with _Selector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.select(_PAUSE)

    def _begin(self, connection: socket.socket, client: str) -> None:
        thread = Thread(
            target=self._serve, args=(connection, client), name="mcp_perf server's request", daemon=True
        )
        self._connections[thread] = connection
        try:
            thread.start()
            self._threads.add(thread)
        except RuntimeError as error:  # no more threads can be had, or the interpreter ends
            self._end(thread)
            logger.warning("mcp_perf cannot answer a request on port %d now: %s", self.port, error)

    def _serve(self, connection: socket.socket, client: str) -> None:
        thread = current_thread()
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._certificates is not None:
                connection = self._certificates.context().wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
                self._connections[thread] = connection
            if not self._closed:
                self._exchange(Stream(connection), client)
        except OSError as error:
            logger.debug("mcp_perf has lost a client of port %d, %s: %s", self.port, client, error)
        except Exception:
            logger.exception("mcp_perf could not answer a request on port %d", self.port)
        finally:
            self._end(thread)

    def _exchange(self, stream: Stream, client: str) -> None:
        stream.shake_hands()
        Exchange(stream, client, self._app, self._environ).handle()
        stream.finish()

    def _end(self, thread: Thread) -> None:
        connection = self._connections.pop(thread, None)
        if connection is not None:
            connection.close()
        self._places.release()


def _join(thread: Thread, end: float) -> None:
    if thread is not current_thread():
        thread.join(max(end - time.monotonic(), 0.0))


def _cut(connection: socket.socket) -> None:
    try:
        # Not the method of a TLS socket, which another thread is using.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass
