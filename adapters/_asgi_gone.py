"""Work for a client that may go away meanwhile, and who goes away has no use for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ._asgi_messages import Receive

T = TypeVar("T")


async def while_there(work: Coroutine[Any, Any, T], receive: Receive) -> T | None:
    """What comes of `work`, which is cancelled when the client goes away: None then."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # another kind of event loop
        return await work
    working = asyncio.ensure_future(work)
    going = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({working, going}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        going.cancel()


async def _gone(receive: Receive) -> None:
    """Come back when the client has gone away; what it sends meanwhile is for nobody."""
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except Exception:  # whatever the server means by it, nobody is there any more
        return
