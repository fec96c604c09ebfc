"""An application that shows every metric there is, for what rules record of them."""

import asyncio

from fastapi import FastAPI, Request, WebSocket
from prometheus_client import REGISTRY

from mcp_perf import configure, get_monitor, monitor_call, monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.fastapi import instrument


class Spoiled:
    """A collector that fails."""

    def describe(self):
        return []

    def collect(self):
        raise ValueError("spoiled")


def route(scope):
    """What the framework says, but for one path, where the function is at fault."""
    if scope["path"] == "/lost":
        raise ValueError("no route")


configure(service="shop", max_series=100)
REGISTRY.register(Spoiled())
monitor = get_monitor()
many = monitor.counter("many", "Label sets beyond the cap.", ["number"])
fleeting = monitor.counter("fleeting", "Series that leave soon.", ["name"], retention=1)
fleeting.labels("once").inc()
depth = monitor.gauge("depth", "Depth of the queue.")
took = monitor.histogram("took_seconds", "Time of jobs.", ["kind"])
plain = FastAPI()


@plain.get("/users/{uid}")
async def user(uid: int):
    with monitor_db_operation("select", "users"), monitor_call("render"):
        await asyncio.sleep(0.002)
    return uid


@plain.post("/checkout")
async def checkout(request: Request):
    await request.body()
    with monitor_workflow_step("checkout", "pay"):
        took.labels("charge").observe(0.3)
    return []


@plain.get("/broken")
async def broken():
    fleeting.labels("ever").inc()
    for number in range(150):
        many.labels(str(number)).inc()
    depth.set(3)
    raise ValueError("broken")


@plain.get("/lost")
async def lost():
    return []


@plain.websocket("/echo")
async def echo(websocket: WebSocket):
    await websocket.accept()
    await websocket.receive()


app = instrument(plain, route=route, time_to_first_byte=True, request_size=True, response_size=True)
