"""Work and waiting in coroutines, and in the threads that they have."""

import asyncio

from fastapi import FastAPI
from working import SETTINGS, linger, wait, work

from mcp_perf import configure
from mcp_perf.adapters.fastapi import instrument

configure(**SETTINGS)
plain = FastAPI()


async def fetch():
    await asyncio.sleep(0.02)


@plain.get("/items/{item}")
async def item(item: str):
    work()
    return item


@plain.get("/threads/{item}")
def thread(item: str):
    work()
    return item


@plain.get("/waits/{item}")
async def waits(item: str):
    await asyncio.gather(fetch(), asyncio.to_thread(wait))
    return item


@plain.get("/slow")
async def slow():
    await asyncio.sleep(0.2)
    await asyncio.to_thread(linger)


app = instrument(plain)
