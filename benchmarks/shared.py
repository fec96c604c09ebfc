"""What recording costs more where workers share pages, next to one process by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import server
from measure import BARE, OURS, Subject, Variant
from scrape import temporary
from work import Work, repeated

from mcp_perf import PerformanceMonitor, monitor_call, monitor_workflow_step

TARGET = 1.3


def compare(title: str, bare: Callable[[], Work], measured: Callable[[PerformanceMonitor], Work]) -> Subject:
    """`measured`, with a monitor of one process and with one that has a directory for its workers."""
    temporary()  # where all of them are: made here, in the process that takes it away

    def shared() -> Work:
        directory = temporary()
        monitor = PerformanceMonitor(registry=None, worker_dir=directory)
        work = measured(monitor)
        work(1)
        if b"mcp_monitor_workers 1.0\n" not in monitor.render()[1] or not directory_is_used(directory):
            raise RuntimeError("nothing is shared")
        return work

    return Subject(
        f"{title}, with shared pages",
        {
            BARE: Variant(bare),
            OURS: Variant(lambda: measured(PerformanceMonitor(registry=None))),
            "mcp_perf, shared pages": Variant(shared, target=TARGET),
        },
        reference=OURS,
    )


def directory_is_used(directory: str) -> bool:
    return any(Path(directory).rglob("*.slots"))


def nothing() -> None:
    return None


def call() -> Subject:
    return compare(
        "monitor_call",
        lambda: repeated(nothing),
        lambda monitor: repeated(monitor_call("name", monitor=monitor)(nothing)),
    )


def step() -> Subject:
    return compare(
        "monitor_workflow_step",
        lambda: repeated(nothing),
        lambda monitor: repeated(monitor_workflow_step("order", "pay", monitor=monitor)(nothing)),
    )


def asgi() -> Subject:
    from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    return compare(
        "ASGI",
        lambda: server.asgi(app),
        lambda monitor: server.asgi(PerformanceMonitoringMiddleware(app, monitor)),
    )


def wsgi() -> Subject:
    from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"hello"]

    return compare(
        "WSGI",
        lambda: server.wsgi(app),
        lambda monitor: server.wsgi(PerformanceMonitoringMiddleware(app, monitor)),
    )


SUBJECTS = {"shared-call": call, "shared-step": step, "shared-asgi": asgi, "shared-wsgi": wsgi}
