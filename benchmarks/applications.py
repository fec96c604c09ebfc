"""Applications with one route that is asked for, and as many others as wanted."""

from __future__ import annotations


def starlette_app(*middleware, routes: int = 1):
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    async def endpoint(request):
        return Response(b"hello")

    others = [Route(f"/other{number}/{{uid}}", endpoint) for number in range(routes - 1)]
    return _with(middleware, Starlette(routes=[Route("/users/{uid}", endpoint), *others]))


def fastapi_app(*middleware, routes: int = 1):
    """The route that is asked for is an included router's, as in most applications."""
    from fastapi import APIRouter, FastAPI
    from fastapi.responses import Response

    async def endpoint(uid: str) -> Response:
        return Response(b"hello")

    users = APIRouter(prefix="/users")
    users.get("/{uid}")(endpoint)
    app = FastAPI()
    app.include_router(users)
    for number in range(routes - 1):
        app.get(f"/other{number}/{{uid}}")(endpoint)
    return _with(middleware, app)


def _with(middleware, app):
    for cls, settings in middleware:
        app.add_middleware(cls, **settings)
    return app


def flask_app():
    from flask import Flask

    app = Flask("benchmark")

    @app.get("/users/<uid>")
    def user(uid):
        return b"hello"

    return app
