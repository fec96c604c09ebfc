"""FastAPI and Starlette: the ASGI face, with the templates of their routers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from ..default import check_monitor
from ..http.routes import Reader
from ..monitor import PerformanceMonitor
from ..mount_point import MountPoint
from ..settings import check_http
from . import asgi
from ._starlette_routes import Templates
from .asgi import metrics_app

__all__ = ["PerformanceMonitoringMiddleware", "instrument", "metrics_app"]

A = TypeVar("A")


class PerformanceMonitoringMiddleware(asgi.PerformanceMonitoringMiddleware):
    """The ASGI middleware for FastAPI and Starlette applications: ``app.add_middleware(…)`` is all."""

    def reader(self) -> Reader:
        """How scopes are read that Starlette's or FastAPI's router has written to."""
        return replace(super().reader(), template=Templates().of)


def instrument(
    app: A, path: str = "/metrics", monitor: PerformanceMonitor | None = None, **http_settings: Any
) -> A:
    """Measure a FastAPI or Starlette `app` and serve the metrics app at `path`; returns the same `app`.

    It is measured outside of all its middlewares: what Starlette's own answers to an exception counts too.
    Arguments and errors as for `mcp_perf.adapters.asgi.instrument`; RuntimeError for one that has started.
    """
    if not hasattr(app, "build_middleware_stack"):
        raise TypeError(
            f"app must be a FastAPI or Starlette application, not {app!r}: for others there is asgi"
        )
    # The application makes its middlewares at its first request; what is wrong must fail here.
    mount = MountPoint(path)
    check_monitor(monitor)
    check_http(http_settings)
    if getattr(app, "middleware_stack", None) is not None:
        raise RuntimeError("instrument() comes too late: the application has started")
    build = app.build_middleware_stack

    def build_measured() -> asgi.Serving:
        measured = PerformanceMonitoringMiddleware(build(), monitor, **http_settings)
        return asgi.Serving(measured, mount, monitor)

    app.build_middleware_stack = build_measured
    return app
