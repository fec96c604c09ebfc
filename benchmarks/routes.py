"""Whether the added cost depends on the number of routes.

The route asked for is the first, so that the router's own search is the same.
"""

from __future__ import annotations

import server
from http_frameworks import fastapi_app, monitor, starlette_app
from measure import Subject, Variant

MANY = 1000
TARGET = 1.2


def compare(title: str, make) -> Subject:
    from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware

    def ours(routes: int):
        return make((PerformanceMonitoringMiddleware, {"monitor": monitor()}), routes=routes)

    return Subject(
        f"{title}, 1 route and {MANY}",
        {
            "bare, 1": Variant(lambda: server.asgi(make()), over="bare, 1"),
            "bare, many": Variant(lambda: server.asgi(make(routes=MANY)), over="bare, many"),
            "mcp_perf, 1": Variant(lambda: server.asgi(ours(1)), over="bare, 1"),
            "mcp_perf, many": Variant(lambda: server.asgi(ours(MANY)), over="bare, many", target=TARGET),
        },
        reference="mcp_perf, 1",
    )


SUBJECTS = {
    "starlette-routes": lambda: compare("Starlette", starlette_app),
    "fastapi-routes": lambda: compare("FastAPI", fastapi_app),
}
