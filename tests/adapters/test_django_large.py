"""A large answer of the metrics app in Django: sent in parts, which all who read it share."""

from __future__ import annotations

import asyncio

import pytest
from django.test import AsyncRequestFactory, RequestFactory

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters.django import metrics_urls

SERIES = 10_000


@pytest.fixture
def view():
    """The metrics app of a monitor with many series."""
    monitor = PerformanceMonitor(registry=None, max_series=SERIES)
    jobs = monitor.counter("jobs", "Jobs.", ["name"])
    for number in range(SERIES):
        jobs.labels(number).inc()
    return metrics_urls(monitor=monitor)[0].callback


async def joined(response):
    return b"".join([part async for part in response])


def check(response, body):
    assert str(len(body)) == response["Content-Length"]
    assert SERIES == body.count(b"\njobs_total{")
    assert body.endswith(b"\n")


def test_large_answer_under_wsgi(view) -> None:
    """The parts of a large answer are sent one by one."""
    response = view(RequestFactory().get("/metrics"))

    assert response.streaming
    check(response, b"".join(response))


def test_large_answer_under_asgi(view) -> None:
    """So are they in an event loop, and none of them is kept for a response by itself."""
    response = view(AsyncRequestFactory().get("/metrics"))

    assert response.is_async
    check(response, asyncio.run(joined(response)))


def test_head_of_a_large_answer(view) -> None:
    """HEAD tells the length of what GET would send."""
    response = view(RequestFactory().head("/metrics"))

    assert b"" == response.content
    assert int(response["Content-Length"]) > SERIES
