"""FastAPI with the endings that tests want of a real server."""

import asyncio
import itertools

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import PlainTextResponse, StreamingResponse
from material import CHUNK, say_farewell
from starlette.websockets import WebSocketDisconnect

from mcp_perf.adapters.fastapi import instrument

app = FastAPI()


@app.get("/")
def index():
    return PlainTextResponse("hello world\n")


@app.get("/endless")
async def endless():
    async def chunks():
        while True:
            yield CHUNK
            await asyncio.sleep(0)

    return StreamingResponse(chunks())


@app.get("/endless/sync")
def endless_sync():
    return StreamingResponse(itertools.repeat(CHUNK))


@app.get("/hang")
async def hang():
    await asyncio.Event().wait()


@app.post("/upload")
async def upload(request: Request):
    return PlainTextResponse(str(sum([len(chunk) async for chunk in request.stream()])))


@app.websocket("/echo")
async def echo(websocket: WebSocket):
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


@app.websocket("/denied")
async def denied(websocket: WebSocket):
    await websocket.close()


@app.websocket("/kicked")
async def kicked(websocket: WebSocket):
    await websocket.accept()
    await websocket.close(4002)


instrument(app)
say_farewell()
