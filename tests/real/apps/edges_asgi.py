"""Plain ASGI with the endings that tests want of a real server."""

import asyncio

from material import CHUNK, say_farewell

from mcp_perf.adapters.asgi import instrument

ROUTES = {"/", "/endless", "/upload", "/hang", "/echo", "/denied", "/kicked"}


async def start(send, *headers):
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})


async def answer(send, body):
    await start(send, (b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.body", "body": body})


async def disconnected(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def endless(receive, send):
    await start(send)
    gone = asyncio.create_task(disconnected(receive))
    while not gone.done():
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await asyncio.sleep(0)


async def upload(receive, send):
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        size += len(message["body"])
        if not message["more_body"]:
            await answer(send, b"%d" % size)
            break


async def hang(receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    await asyncio.Event().wait()


async def websocket(path, receive, send):
    await receive()
    if path == "/denied":
        await send({"type": "websocket.close", "code": 1000})
        return
    await send({"type": "websocket.accept"})
    if path == "/kicked":
        await send({"type": "websocket.close", "code": 4002})
        return
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def edges(scope, receive, send):
    path = scope["path"]
    if scope["type"] == "websocket":
        await websocket(path, receive, send)
    elif path == "/endless":
        await endless(receive, send)
    elif path == "/upload":
        await upload(receive, send)
    elif path == "/hang":
        await hang(receive, send)
    else:
        await answer(send, b"hello world\n")


app = instrument(edges, route=lambda scope: scope["path"] if scope["path"] in ROUTES else None)
say_farewell()
