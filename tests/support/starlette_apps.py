"""Starlette applications for tests of routes, and what each path below them should be labelled."""

import functools

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

from support.asgi_parts import body, sending, start


async def page(request):
    return PlainTextResponse("page")


async def other(request):
    return PlainTextResponse("other")


async def boom(request):
    raise ValueError("boom")


async def not_there(request):
    raise HTTPException(404)


async def talk(websocket):
    await websocket.accept()
    await websocket.close(3000)


async def shut(websocket):
    await websocket.close()


class Pages(HTTPEndpoint):
    async def get(self, request):
        return PlainTextResponse("pages")


class Talks(WebSocketEndpoint):
    async def on_connect(self, websocket):
        await websocket.close()


async def passing(request, call_next):
    return await call_next(request)


PASSING = [Middleware(BaseHTTPMiddleware, dispatch=passing)]
plain = sending(start(), body(b"plain"))

USERS = [
    Route("/", page),
    Route("/{uid:int}", page),
    Route("/{uid:int}/boom", boom),
    Route("/{uid:int}/gone", not_there),
    Route("/{uid:int}/pages", Pages),
    Route("/{uid:int}/partial", functools.partial(page)),
    Route("/posted", page, methods=["POST"]),
    WebSocketRoute("/{uid}/talk", talk),
    WebSocketRoute("/shut", shut),
    WebSocketRoute("/talks", Talks),
]


def users(**more):
    return Starlette(routes=USERS, **more)


BELOW = [
    ("/", 200, "/"),
    ("/7", 200, "/{uid:int}"),
    ("/7/boom", 500, "/{uid:int}/boom"),
    ("/7/gone", 404, "/{uid:int}/gone"),
    ("/7/pages", 200, "/{uid:int}/pages"),
    ("/7/partial", 200, "/{uid:int}/partial"),
    ("/posted", 405, "/posted"),
    ("/seven", 404, None),
    ("/7/nothing", 404, None),
    ("/7/", 307, None),
]

MOUNTS = {
    "": ("", lambda: users()),
    "mount": ("/users", lambda: Starlette(routes=[Mount("/users", routes=USERS)])),
    "mount of an application": ("/users", lambda: Starlette(routes=[Mount("/users", users())])),
    "parameter": ("/at/{place}", lambda: Starlette(routes=[Mount("/at/{place}", users())])),
    "convertor": ("/at/{n:int}", lambda: Starlette(routes=[Mount("/at/{n:int}", routes=USERS)])),
    "mounts": (
        "/a/{x:int}/b/{y}",
        lambda: Starlette(routes=[Mount("/a/{x:int}", routes=[Mount("/b/{y}", users())])]),
    ),
    "mount of nothing": ("/users", lambda: Starlette(routes=[Mount("/", routes=[Mount("/users", users())])])),
    "root": ("", lambda: Starlette(routes=[Mount("/", users())])),
    "root in a mount": (
        "/at/{place}",
        lambda: Starlette(routes=[Mount("/at/{place}", routes=[Mount("", GZipMiddleware(users()))])]),
    ),
    "mount in a root in a root": (
        "/users",
        lambda: Starlette(routes=[Mount("", routes=[Mount("/", routes=[Mount("/users", users())])])]),
    ),
    "gzip": ("/users", lambda: Starlette(routes=[Mount("/users", GZipMiddleware(users()))])),
    "base middleware": (
        "/users",
        lambda: Starlette(
            routes=[Mount("/users", users(middleware=PASSING))],
            middleware=PASSING,
        ),
    ),
    "middleware of a mount": (
        "/users",
        lambda: Starlette(routes=[Mount("/users", routes=USERS, middleware=PASSING)]),
    ),
    "host": ("", lambda: Starlette(routes=[Host("testserver", users())])),
    "host and mount": (
        "/users",
        lambda: Starlette(routes=[Host("{name}", Router([Mount("/users", users())]))]),
    ),
    "mount and host": (
        "/{x}",
        lambda: Starlette(routes=[Mount("/{x}", routes=[Host("testserver", Router(USERS))])]),
    ),
}


def filled(template):
    """A path that matches `template`."""
    for parameter in ("{place}", "{n:int}", "{x:int}", "{y}", "{x}"):
        template = template.replace(parameter, "42")
    return template
