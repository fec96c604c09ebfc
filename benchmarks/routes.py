"""Whether the added cost depends on the number of routes.

The route asked for is the first, so that the router's own search is the same.
"""

from __future__ import annotations

import server
from applications import fastapi_app, starlette_app
from http_frameworks import ours
from measure import Subject, Variant

MANY = 1000
TARGET = 1.2


def compare(title: str, make) -> Subject:
    from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware

    def measured(routes: int):
        def made(monitor):
            return server.asgi(make((PerformanceMonitoringMiddleware, {"monitor": monitor}), routes=routes))

        return ours(made, "/users/{uid}")

    return Subject(
        f"{title}, 1 route and {MANY}",
        {
            "bare, 1": Variant(lambda: server.asgi(make()), over="bare, 1"),
            "bare, many": Variant(lambda: server.asgi(make(routes=MANY)), over="bare, many"),
            "mcp_perf, 1": Variant(measured(1), over="bare, 1"),
            "mcp_perf, many": Variant(measured(MANY), over="bare, many", target=TARGET),
        },
        reference="mcp_perf, 1",
    )


SUBJECTS = {
    "starlette-routes": lambda: compare("Starlette", starlette_app),
    "fastapi-routes": lambda: compare("FastAPI", fastapi_app),
}
