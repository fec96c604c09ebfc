"""FastAPI applications for tests of routes, and what each path below them should be labelled."""

from fastapi import APIRouter, Depends, FastAPI, HTTPException, WebSocket
from fastapi.responses import PlainTextResponse
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Host


async def passing(request, call_next):
    return await call_next(request)


async def plain_page(request):
    return PlainTextResponse("plain")


def refuse():
    raise HTTPException(403)


def router(prefix="", **more):
    """Routes for all that may become of a request."""
    routes = APIRouter(prefix=prefix, **more)

    @routes.get("/users/{uid}")
    async def user(uid: int):
        return uid

    @routes.get("/files/{path:path}")
    def file(path: str):
        return path

    @routes.post("/posted")
    async def posted():
        return 1

    @routes.get("/boom")
    async def boom():
        raise ValueError("boom")

    @routes.get("/gone/{x}")
    async def gone():
        raise HTTPException(404)

    @routes.get("/refused", dependencies=[Depends(refuse)])
    async def refused():
        return 1

    @routes.websocket("/talk/{room}")
    async def talk(websocket: WebSocket, room: str):
        await websocket.accept()
        await websocket.close(3000)

    @routes.websocket("/shut")
    async def shut(websocket: WebSocket):
        await websocket.close()

    @routes.websocket("/denied")
    async def denied(websocket: WebSocket):
        raise HTTPException(401)

    routes.add_route("/plain/{x}", plain_page)
    return routes


def application(*, include_prefix="", **more):
    app = FastAPI(**more)
    app.include_router(router(), prefix=include_prefix)
    return app


def mounted(path, below):
    app = FastAPI()
    app.mount(path, below)
    return app


def nested():
    tenant = APIRouter(prefix="/v1/{tenant}")
    tenant.include_router(router())
    api = APIRouter()
    api.include_router(tenant)
    app = FastAPI()
    app.include_router(api, prefix="/api")
    return app


def nested_by_prefix():
    api = APIRouter(prefix="/api")
    api.include_router(router(), prefix="/v1/{tenant}")
    app = FastAPI()
    app.include_router(api)
    return app


def with_base_middleware():
    app = application()
    app.add_middleware(BaseHTTPMiddleware, dispatch=passing)
    return app


def under_base_middlewares():
    app = mounted("/sub", with_base_middleware())
    app.add_middleware(BaseHTTPMiddleware, dispatch=passing)
    return app


def with_host():
    app = FastAPI()
    app.host("{name}", application())
    return app


def host_and_mount():
    return FastAPI(routes=[Host("testserver", mounted("/sub/{x}", nested()))])


APPS = {
    "app": ("", application),
    "included": ("/api", lambda: application(include_prefix="/api")),
    "nested": ("/api/v1/{tenant}", nested),
    "nested by prefix": ("/api/v1/{tenant}", nested_by_prefix),
    "mounted": ("/sub/{x}", lambda: mounted("/sub/{x}", application())),
    "convertor": ("/n/{n:int}/api", lambda: mounted("/n/{n:int}", application(include_prefix="/api"))),
    "mounted nested": ("/sub/{x}/api/v1/{tenant}", lambda: mounted("/sub/{x}", nested())),
    "mounts": ("/a/{x}/b/{y}", lambda: mounted("/a/{x}", mounted("/b/{y}", application()))),
    "gzip": ("/sub", lambda: mounted("/sub", GZipMiddleware(application()))),
    "base middleware": ("", with_base_middleware),
    "base middlewares": ("/sub", under_base_middlewares),
    "host": ("", with_host),
    "host and mount": ("/sub/{x}/api/v1/{tenant}", host_and_mount),
}

BELOW = [
    ("/users/3", 200, "/users/{uid}"),
    ("/users/three", 422, "/users/{uid}"),
    ("/files/a/b/c", 200, "/files/{path:path}"),
    ("/posted", 405, "/posted"),
    ("/boom", 500, "/boom"),
    ("/gone/3", 404, "/gone/{x}"),
    ("/refused", 403, "/refused"),
    ("/plain/3", 200, "/plain/{x}"),
    ("/nothing", 404, None),
    ("/posted/", 307, None),
]


def filled(template):
    """A path that matches `template`."""
    for parameter in ("{tenant}", "{n:int}", "{x}", "{y}"):
        template = template.replace(parameter, "42")
    return template
