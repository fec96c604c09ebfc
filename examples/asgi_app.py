"""Plain ASGI: ``uvicorn examples.asgi_app:app`` and then http://127.0.0.1:8000/metrics.

An application without a router tells its routes by a callable of its own.
"""

import re

from mcp_perf import monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.asgi import Receive, Scope, Send, instrument

ROUTES = {"/": "/", "/stream": "/stream", "/boom": "/boom"}


def route(scope: Scope) -> str | None:
    return "/users/{uid}" if re.fullmatch("/users/[0-9]+", scope["path"]) else ROUTES.get(scope["path"])


@monitor_db_operation("select", "users")
async def find_user(uid: str) -> bytes:
    return b'{"id": %d}' % int(uid)


@monitor_workflow_step("show_user", "find")
async def show_user(path: str) -> bytes:
    return await find_user(path.rpartition("/")[2])


async def respond(send: Send, status: int, *parts: bytes) -> None:
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]}
    )
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def shop(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    match route(scope):
        case None:
            await respond(send, 404, b"not found\n")
        case "/":
            await respond(send, 200, b"hello world\n")
        case "/stream":
            await respond(send, 200, b"one\n", b"two\n", b"three\n")
        case "/boom":
            raise ValueError("boom")
        case _ if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, b"method not allowed\n")
        case _:
            await respond(send, 200, await show_user(scope["path"]))


app = instrument(shop, route=route)
