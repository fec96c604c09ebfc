"""The metrics of a monitor on a port of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..adapters.wsgi import Serving
from ..monitor import PerformanceMonitor
from ..mount_point import MountPoint
from .certificates import certificates_of
from .listening import listen
from .server import Server


def serve(
    monitor: PerformanceMonitor,
    *,
    port: int,
    host: str = "127.0.0.1",
    certfile: str | None = None,
    keyfile: str | None = None,
    client_ca: str | None = None,
    path: str = "/metrics",
) -> Server:
    """Serve the metrics app of `monitor` at `path` of a port, on threads of its own, unmeasured.

    `port` 0 is a free one, which the server has as `port`. With `certfile`, and `keyfile` if the key is not
    in it as well, it is served over TLS; with `client_ca` only to clients whose certificate is signed by one
    of these. ValueError for a wrong setting, OSError where it cannot listen there, such as where another
    process does.
    """
    mount = MountPoint(path)
    certificates = certificates_of(certfile, keyfile, client_ca)
    app = Serving(_nothing_at(mount.path), mount, monitor)
    listener = listen(host, port)
    return Server(app, listener, host=host, path=mount.path, certificates=certificates)


def _nothing_at(path: str) -> Callable[..., list[bytes]]:
    body = f"not found: the metrics are at {path}\n".encode()

    def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response("404 Not Found", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return answer
