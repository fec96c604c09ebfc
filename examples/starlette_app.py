"""Starlette: ``uvicorn examples.starlette_app:app`` and then http://127.0.0.1:8000/metrics."""

from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Mount, Route

from mcp_perf import monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.fastapi import instrument


@monitor_db_operation("select", "users")
async def find_user(uid: int) -> dict[str, int]:
    return {"id": uid}


async def index(request: Request) -> JSONResponse:
    return JSONResponse({"hello": "world"})


@monitor_workflow_step("show_user", "find")
async def show_user(request: Request) -> JSONResponse:
    return JSONResponse(await find_user(request.path_params["uid"]))


async def stream(request: Request) -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one\n", b"two\n", b"three\n"):
            yield part

    return StreamingResponse(parts(), media_type="text/plain")


async def boom(request: Request) -> JSONResponse:
    raise ValueError("boom")


app = Starlette(
    routes=[
        Route("/", index),
        Mount("/users", routes=[Route("/{uid:int}", show_user)]),
        Route("/stream", stream),
        Route("/boom", boom),
    ]
)
instrument(app)
