"""The status of an answer, which everything tells alike."""

import asyncio

import pytest
from opentelemetry.trace import StatusCode
from support.asgi_driver import http_scope
from support.readings import requests

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters import asgi


@pytest.mark.parametrize(
    ("status", "expected"), [(204, 204), ("204", 204), (200.0, 200), ("teapot", 500), (503, 503)]
)
def test_status_is_one(clock, spans, status, expected) -> None:
    """Whatever an application gives as status: metric, slow request and span have the same."""
    monitor = PerformanceMonitor(
        registry=None, clock=clock.clock, tracer_provider=spans.provider, slow_request_seconds=1
    )

    async def application(scope, receive, send):
        clock.advance(2)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})

    async def server(message=None):  # one that takes whatever it is given
        return {"type": "http.request", "body": b"", "more_body": False}

    app = asgi.PerformanceMonitoringMiddleware(application, monitor)
    asyncio.run(app(http_scope(), server, server))

    (key,) = requests(monitor)
    (slow,) = monitor.slow_requests.read()
    (span,) = spans.ended
    assert (str(expected), str(expected), expected) == (
        key[-1],
        slow.status,
        span.attributes["http.response.status_code"],
    )
    assert (expected >= 500) == (span.status.status_code == StatusCode.ERROR)
