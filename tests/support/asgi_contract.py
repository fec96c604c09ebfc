"""The contract's hooks as far as they are the same for all ASGI frameworks."""

import asyncio

from support.asgi_driver import AsgiServer, body_script, http_scope, leaving_after, serve
from support.contract import AdapterContract


class AsgiContract(AdapterContract):
    """The contract over the strict ASGI server."""

    def request(self, app, method, path, *, body=b"", headers=None, leave_after=None):
        scope = http_scope(
            method,
            path,
            headers=[(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        )
        on_send = leaving_after(leave_after) if leave_after is not None else None
        return serve(app, scope, body_script(body), on_send=on_send)

    def send_all(self, app, wanted):
        async def main():
            for method, path in wanted:
                await AsgiServer(http_scope(method, path)).run(app)

        asyncio.run(main())
