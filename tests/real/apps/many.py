"""Answers the number of its process, to any server with several workers: `asgi` and `wsgi`."""

import os

from mcp_perf.adapters import asgi as of_asgi
from mcp_perf.adapters import wsgi as of_wsgi

PREFIXES = ("/one", "/two", "/epoch/")


def route(path):
    return path if path.startswith(PREFIXES) else None


async def plain_asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    body = b"%d" % os.getpid()
    headers = [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def plain_wsgi(environ, start_response):
    body = b"%d" % os.getpid()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Connection", "close")])
    return [body]


asgi = of_asgi.instrument(plain_asgi, route=lambda scope: route(scope["path"]))
wsgi = of_wsgi.instrument(plain_wsgi, route=lambda environ: route(environ["PATH_INFO"]))
