"""An application with something of every metric that there is, and faults that the toolkit counts."""

import asyncio

from fastapi import FastAPI, WebSocket
from prometheus_client import REGISTRY, Summary

from mcp_perf import configure, get_monitor, monitor_call, monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.fastapi import instrument

configure(service="everything", max_series=40)
plain = FastAPI()
jobs = get_monitor().counter("jobs", "Jobs done.", ["queue"])
stock = get_monitor().gauge("stock_bytes", "What is in stock.", ["kind"])
waits = get_monitor().histogram("wait_seconds", "Waiting for a job.")
lines = Summary("lines", "Lines of an order.")


class Broken:
    """A collector that fails."""

    def describe(self):
        return []

    def collect(self):
        raise ValueError("broken")


REGISTRY.register(Broken())


@plain.get("/users/{uid}")
async def user(uid: int):
    with monitor_db_operation("select", "users"), monitor_call("render"):
        await asyncio.sleep(0.002)
    jobs.labels(f"queue-{uid % 100}").inc()
    stock.labels("mugs").set(uid)
    waits.observe(0.01 * (uid % 7))
    lines.observe(uid % 5)
    return uid


@plain.post("/orders")
async def orders(order: dict):
    for step in ("reserve", "pay"):
        with monitor_workflow_step("checkout", step):
            await asyncio.sleep(0.004 if step == "pay" else 0.001)
    return order


@plain.get("/broken")
async def broken():
    with monitor_db_operation("update", "users"), monitor_workflow_step("checkout", "refund"):
        raise ValueError("broken")


@plain.websocket("/live")
async def live(socket: WebSocket):
    await socket.accept()
    await socket.receive_text()
    await socket.close()


app = instrument(plain, time_to_first_byte=True, request_size=True, response_size=True)
