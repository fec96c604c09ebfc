"""Answers whose sibling its process is, to any server: `asgi` and `wsgi`."""

import json
import os

from mcp_perf.workers.meeting import origin as origins


def told():
    """What this process is told now."""
    origin = origins.origin()
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "origin": origin and [origin.pid, origin.started],
        "doubt": origins.doubt(),
    }


AT_IMPORT = told()


def body():
    return json.dumps({**told(), "at_import": AT_IMPORT, "module": __name__}).encode()


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    content = body()
    headers = [(b"content-length", b"%d" % len(content)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def wsgi(environ, start_response):
    content = body()
    start_response("200 OK", [("Content-Length", str(len(content))), ("Connection", "close")])
    return [content]
