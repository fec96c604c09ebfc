"""Plain WSGI: ``gunicorn examples.wsgi_app:app`` and then http://127.0.0.1:8000/metrics.

An application without a router tells its routes by a callable of its own.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from mcp_perf import monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.wsgi import instrument

ROUTES = {"/": "/", "/stream": "/stream", "/boom": "/boom"}


def route(environ: dict[str, Any]) -> str | None:
    path = environ["PATH_INFO"]
    return "/users/{uid}" if re.fullmatch("/users/[0-9]+", path) else ROUTES.get(path)


@monitor_db_operation("select", "users")
def find_user(uid: str) -> bytes:
    return b'{"id": %d}' % int(uid)


@monitor_workflow_step("show_user", "find")
def show_user(path: str) -> bytes:
    return find_user(path.rpartition("/")[2])


def shop(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain")]
    match route(environ):
        case None:
            start_response("404 Not Found", headers)
            return [b"not found\n"]
        case "/":
            start_response("200 OK", headers)
            return [b"hello world\n"]
        case "/stream":
            start_response("200 OK", headers)
            return iter([b"one\n", b"two\n", b"three\n"])
        case "/boom":
            raise ValueError("boom")
        case _ if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            start_response("405 Method Not Allowed", headers)
            return [b"method not allowed\n"]
        case _:
            start_response("200 OK", headers)
            return [show_user(environ["PATH_INFO"])]


app = instrument(shop, route=route)
