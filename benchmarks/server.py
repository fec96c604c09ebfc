"""A server's side that does nothing, around an ASGI or WSGI application or a Django handler."""

from __future__ import annotations

import asyncio
import io

from work import Work, awaited, repeated

PATH = "/users/42"


def asgi(app, path: str = PATH) -> Work:
    """The work of one request to an ASGI application."""
    template = scope(path)
    return awaited(lambda: app(template.copy(), an_empty_body(), send))


def wsgi(app, path: str = PATH) -> Work:
    """The work of one request to a WSGI application, its body read to the end and closed."""
    template = environ(path)

    def start_response(status, headers, exc_info=None):
        return None

    def call():
        result = app(template.copy(), start_response)
        for _ in result:
            pass
        close = getattr(result, "close", None)
        if close is not None:
            close()

    return repeated(call)


async def send(message):
    return None


def an_empty_body():
    """A `receive` that gives an empty body, and then waits for a client that never goes."""
    left = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if not left:
            await asyncio.Event().wait()
        return left.pop()

    return receive


def scope(path: str):
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"host", b"localhost"), (b"accept", b"*/*")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }


def environ(path: str):
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
