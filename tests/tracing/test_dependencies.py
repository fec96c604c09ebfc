"""Blocks of dependencies, which are entered and left in different contexts."""

import asyncio

import pytest
from fastapi import Depends, FastAPI
from opentelemetry.trace import StatusCode
from support.asgi_driver import AsgiServer, http_scope

from mcp_perf import monitor_db_operation
from mcp_perf.adapters.fastapi import instrument


@pytest.mark.parametrize("is_async", [False, True])
def test_dependencies_at_once_have_their_own_ends(monitor, spans, is_async):
    """Of two requests at once with one block in their dependency, the right one has failed."""
    session = monitor_db_operation("session", "db", monitor=monitor)

    def opened():
        with session:
            yield

    async def opened_async():
        async with session:
            yield

    dependency = Depends(opened_async if is_async else opened)
    app = FastAPI()

    async def main():
        began, over = asyncio.Event(), asyncio.Event()

        @app.get("/slow")
        async def slow(_=dependency):
            began.set()
            await over.wait()

        @app.get("/failing")
        async def failing(_=dependency):
            raise ValueError("mine")

        instrument(app, monitor=monitor)
        first = asyncio.ensure_future(AsgiServer(http_scope("GET", "/slow")).run(app))
        await began.wait()
        await AsgiServer(http_scope("GET", "/failing")).run(app)
        over.set()
        await first

    asyncio.run(main())

    servers = {span.context.span_id: span.name for span in spans.ended if span.name.startswith("GET")}
    found = {
        servers[span.parent.span_id]: span.status.status_code
        for span in spans.ended
        if span.name == "session db"
    }
    assert {"GET /slow": StatusCode.UNSET, "GET /failing": StatusCode.ERROR} == found
