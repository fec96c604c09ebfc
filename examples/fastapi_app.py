"""FastAPI: ``uvicorn examples.fastapi_app:app`` and then http://127.0.0.1:8000/metrics."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse

from mcp_perf import monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.fastapi import instrument

app = FastAPI()
instrument(app)

users = APIRouter(prefix="/users")


@monitor_db_operation("select", "users")
async def find_user(uid: int) -> dict[str, int]:
    return {"id": uid}


@users.get("/{uid}")
@monitor_workflow_step("show_user", "find")
async def show_user(uid: int) -> dict[str, int]:
    return await find_user(uid)


app.include_router(users)


@app.get("/")
async def index() -> dict[str, str]:
    return {"hello": "world"}


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one\n", b"two\n", b"three\n"):
            yield part

    return StreamingResponse(parts(), media_type="text/plain")


@app.get("/boom")
async def boom() -> None:
    raise ValueError("boom")
