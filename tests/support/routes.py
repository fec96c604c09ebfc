"""What label a request gets in an application of Starlette or FastAPI."""

import asyncio

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware
from support.asgi_driver import AsgiServer, body_script, http_scope, websocket_scope
from support.readings import lost, requests, series
from support.shop import UNMATCHED


def inside(app, monitor):
    """As the first of the application's own middlewares."""
    app.add_middleware(PerformanceMonitoringMiddleware, monitor=monitor)
    return app


def around(app, monitor):
    """Around the whole application."""
    return PerformanceMonitoringMiddleware(app, monitor)


class Routed:
    """An application and its monitor; `get` and `connect` tell how one request was labelled."""

    def __init__(self, app, place=inside):
        self.monitor = PerformanceMonitor(registry=None)
        self.app = place(app, self.monitor)
        self._before = {}

    def get(self, path, method="GET", *, body=b"", path_told=None, **scope):
        """The status and the label `route` of one request; `path_told` is what the scope says instead."""
        asked = http_scope(method, path, **scope)
        if path_told is not None:
            asked["path"] = path_told
        self._serve(asked, body_script(body))
        ((_, route, status),) = self._new(requests(self.monitor))
        return int(status), route

    def get_all(self, paths):
        """Everything counted after one request for each of `paths`."""

        async def main():
            for path in paths:
                await AsgiServer(http_scope("GET", path)).run(self.app)

        asyncio.run(main())
        return requests(self.monitor)

    def connect(self, path, **scope):
        """The code and the label `route` of one connection, which the client keeps open for ever."""
        scope.setdefault("extensions", {"websocket.http.response": {}})
        self._serve(websocket_scope(path, **scope), [{"type": "websocket.connect"}])
        found = {
            (labels["route"], labels["code"]): number
            for labels, number in series(self.monitor, "mcp_websocket_connections_total")
        }
        ((route, code),) = self._new(found)
        return int(code), route

    def _serve(self, scope, script):
        async def main():
            return await AsgiServer(scope, script).run(self.app)

        asyncio.run(main())
        assert 0 == lost(self.monitor)

    def _new(self, now):
        changed = [key for key, number in now.items() if number != self._before.get(key, 0)]
        self._before.update(now)
        return changed


__all__ = ["UNMATCHED", "Routed", "around", "inside"]
