"""An application with something of everything that the dashboard shows."""

import asyncio

from fastapi import FastAPI

from mcp_perf import configure, monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.fastapi import instrument

configure(history="1s:5m, 5s:1h", service="shop")
plain = FastAPI()


@plain.get("/users/{uid}")
async def user(uid: int):
    with monitor_db_operation("select", "users"):
        await asyncio.sleep(0.002)
    return uid


@plain.get("/orders")
async def orders():
    for step in ("reserve", "pay"):
        with monitor_workflow_step("checkout", step):
            await asyncio.sleep(0.004 if step == "pay" else 0.001)
    return []


@plain.get("/broken")
async def broken():
    raise ValueError("broken")


app = instrument(plain)
