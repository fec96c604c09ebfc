"""An application one of whose routes becomes slower, and fails, when it is told to."""

import asyncio

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mcp_perf import configure
from mcp_perf.adapters.fastapi import instrument

configure(history="1s:5m, 5s:1h", service="shop")
delays = {"changing": 0.02, "steady": 0.02}


def answering(name):
    async def answer(request):
        await asyncio.sleep(delays[name])
        return PlainTextResponse("done")

    return answer


async def become(request):
    delays["changing"] = float(request.query_params["seconds"])
    return PlainTextResponse("done")


routes = [
    Route("/steady", answering("steady")),
    Route("/changing", answering("changing")),
    Route("/become", become),
]
app = instrument(Starlette(routes=routes))
