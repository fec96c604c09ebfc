"""A worker that is killed in the middle of a request: what its client has got is counted, once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.readings import in_progress, requests, value

from mcp_perf import PerformanceMonitor

PROGRAM = """
import asyncio, os, signal, sys
from mcp_perf import PerformanceMonitor
from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware
from support.asgi_driver import http_scope

directory, when, rate = sys.argv[1], sys.argv[2], float(sys.argv[3])
sent = []

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"a", "more_body": True})
    await send({"type": "http.response.body", "body": b"b"})

async def server_send(message):
    sent.append(message)
    if when == "gone" and len(sent) == 3 * 3:
        raise OSError("the client has gone")
    if when == f"in {len(sent) - 6}":
        os.kill(os.getpid(), signal.SIGKILL)

async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}

async def main():
    monitor = PerformanceMonitor(registry=None, worker_dir=directory, sample_rate=rate)
    measured = PerformanceMonitoringMiddleware(app, monitor)
    for _ in range(3):
        try:
            await measured(http_scope(), receive, server_send)
        except OSError:
            pass
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def killed(directory, when, rate=1.0):
    """What a sibling says of a worker that answers three requests and is killed."""
    tests = Path(__file__).parents[1]
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(directory), when, str(rate)], cwd=tests, timeout=60
    )
    assert -9 == found.returncode
    monitor = PerformanceMonitor(registry=None, worker_dir=directory)
    monitor.snapshot()
    assert 0.0 == in_progress(monitor)
    return monitor


@pytest.mark.parametrize("rate", [1.0, 0.0])
@pytest.mark.parametrize(("when", "expected"), [("in 1", 2), ("in 2", 2), ("in 3", 3), ("after", 3)])
def test_killed_while_it_sends(tmp_path, when, expected, rate) -> None:
    """A request counts if its worker was killed while the server sent the last part, and not before."""
    assert {("GET", "<unmatched>", "200"): expected} == requests(killed(tmp_path / "workers", when, rate))


def test_client_that_goes_in_the_last_part(tmp_path) -> None:
    """A promise that is not kept is taken back: the request counts once, as the client's going."""
    expected = {("GET", "<unmatched>", "200"): 2, ("GET", "<unmatched>", "499"): 1}

    assert expected == requests(killed(tmp_path / "workers", "gone"))


def test_request_killed_in_its_last_part_is_not_timed(tmp_path) -> None:
    """Nobody knows how long it took: the histogram has only those that were through."""
    monitor = killed(tmp_path / "workers", "in 3")

    labels = {"method": "GET", "route": "<unmatched>", "status": "200"}
    assert 2.0 == value(monitor, "mcp_http_request_duration_seconds_count", **labels)
