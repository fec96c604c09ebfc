"""Real receivers of OTLP are told all that was answered, once, whoever of them or of the workers dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from support.leaders import leader
from support.many import spread
from support.otlp import came_to, overlapping, summed
from support.otlp_server import collecting
from support.servers import APPS, PATIENCE, gunicorn, running, settled
from support.worker_servers import COUNT, serving

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="nobody tells who has a file locked"),
]

KILLS = 5
REQUESTS = "mcp_http_requests_total"
DURATION = "mcp_http_request_duration_seconds"
INTERVAL = 0.1


@pytest.fixture
def collector(collector, monkeypatch):
    """As for all, often told."""
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", str(int(1000 * INTERVAL)))
    return collector


def told(collector, temporality, metric=REQUESTS):
    """The requests by route, as the receiver knows them."""
    found = (came_to if temporality == "cumulative" else summed)(collector.points(), metric)
    routes = Counter()
    for attributes, number in found.items():
        routes[dict(attributes)["route"]] += number
    return routes


def kill_leader(pids):
    """Kill the one of the workers that pushes, once there is one."""
    deadline = time.monotonic() + PATIENCE
    while (pid := leader(pids, "otlp-*")) is None:
        assert time.monotonic() < deadline, "nobody pushes"
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
@pytest.mark.parametrize("name", ["gunicorn sync", "gunicorn uvicorn preload", "uvicorn"])
def test_everything_answered_is_told_once(name, temporality, collector, monkeypatch) -> None:
    """Receivers and leaders are killed, and the server stops: the receiver knows what was answered."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", temporality)
    killed = set()
    with serving(name, "pushed") as server:
        sent, _ = spread(server, COUNT)
        assert sent == settled(lambda: told(collector, temporality), sent), server.output()[-4000:]
        for number in range(KILLS):
            if number % 2:
                collector.kill()
            more, pids = spread(server, COUNT, 20, exactly=False)
            sent += more
            time.sleep(3 * INTERVAL)  # so that pushes fail
            killed.add(kill_leader(pids))
            sent += spread(server, COUNT, 20, exactly=False)[0]
            if number % 2:
                collector.start()
            assert sent == settled(lambda: told(collector, temporality), sent), server.output()[-4000:]
        sent += spread(server, COUNT, 50, exactly=False)[0]
        server.terminate()
        server.wait()
        assert sent == settled(lambda: told(collector, temporality), sent), server.output()[-4000:]
    points = collector.points()

    assert len(killed) > 1
    assert sent == told(collector, temporality, DURATION), "counter and histogram agree"
    assert [] == overlapping(points)
    assert 1 == len({point.instance for point in points}), "whoever pushes, it is one service"


@pytest.mark.parametrize("name", ["gunicorn sync", "gunicorn uvicorn preload", "uvicorn", "hypercorn"])
def test_the_rest_is_told_when_a_server_stops(name, collector, monkeypatch) -> None:
    """What was answered since the last push is pushed by workers that are told to stop."""
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", str(3_600_000))
    with serving(name, "pushed") as server:
        sent, _ = spread(server, COUNT)
        server.terminate()
        server.wait()
        assert sent == settled(lambda: told(collector, "cumulative"), sent), server.output()[-4000:]


def test_what_reaches_the_receiver(collector, monkeypatch) -> None:
    """Headers, compression and the path are those of the standard variables."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=shop")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "orders")
    code = "from mcp_perf import configure; configure(otlp=True).counter('jobs', 'Jobs.').inc(5)"
    assert "" == python(code)
    about, _ = collector.requests()[-1]
    (point,) = collector.points("jobs_total")[-1:]

    assert ("grpc shop" if collector.protocol == "grpc" else "/v1/metrics shop") == about
    assert (5.0, "orders") == (point.number, dict(point.resource)["service.name"])


def test_exemplars_that_no_message_can_carry(collector) -> None:
    """By either protocol all else is told where exemplars cannot be, and that is said."""
    code = """
from dataclasses import replace
from mcp_perf import configure
from mcp_perf.otlp import message
told = message.told
message.told = lambda one: replace(told(one), trace_id=1 << 128, span_id=1)
configure(otlp=True).counter('jobs', 'Jobs.').inc(5, {"shop": "7"})
"""
    assert 1 == python(code).count("mcp_perf pushes without exemplars what it cannot push with them")
    (point,) = collector.points("jobs_total")[-1:]

    assert (5.0, []) == (point.number, list(point.body.exemplars))


def test_keywords_say_where(tmp_path) -> None:
    """What keywords say needs no variable: the address, the protocol, headers."""
    for protocol in ("http/protobuf", "grpc"):
        with collecting(protocol.partition("/")[0], tmp_path) as one:
            options = {"protocol": protocol, "headers": {"X-Team": "mine"}, "timeout": 5}
            code = f"""
from mcp_perf import PerformanceMonitor
monitor = PerformanceMonitor(registry=None)
export = monitor.export_otlp({one.endpoint!r}, **{options!r})
monitor.counter("jobs", "Jobs.").inc(3)
assert export.flush()
"""
            assert "" == python(code)
            assert one.requests()[-1][0].endswith(" mine")
            assert 3.0 == one.points("jobs_total")[-1].number


def test_fork_after_a_push(collector) -> None:
    """A process that has pushed may fork: parent and children are told once, by either protocol."""
    code = """
import os, sys
from mcp_perf import configure
monitor = configure(otlp={"temporality": "delta"})
jobs = monitor.counter("jobs", "Jobs.")
jobs.inc(1)
assert next(iter(monitor._exports)).flush()
children = []
for number in range(3):
    if (pid := os.fork()) == 0:
        jobs.inc(10)
        next(iter(monitor._exports)).flush()
        jobs.inc(100)
        sys.exit()
    children.append(pid)
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
jobs.inc(1000)
"""
    assert "" == python(code)
    assert {(): 1331.0} == summed(collector.points(), "jobs_total")
    assert [] == overlapping(collector.points())


def test_receiver_that_is_not_there(collector) -> None:
    """A process ends within the timeout where nobody listens, and fails nobody."""
    collector.kill()
    code = """
import time
from mcp_perf import configure
begun = time.monotonic()
monitor = configure(otlp={"timeout": 1.0})
monitor.counter("jobs", "Jobs.").inc()
next(iter(monitor._exports)).shutdown()
assert time.monotonic() - begun < 10, time.monotonic() - begun
while b'errors_total{exporter="otlp"}' not in monitor.render()[1]:  # its thread may be at it still
    assert time.monotonic() - begun < 10
    time.sleep(0.01)
"""
    assert "mcp_perf could not push its metrics (otlp)" in python(code)


def python(code):
    """What a Python that runs `code` says on standard error; it succeeds."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert 0 == found.returncode, found.stderr
    return found.stderr


def test_recycled_workers(collector, monkeypatch) -> None:
    """Workers that come and go by themselves, leaders among them, lose nothing."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
    options = ("--workers", "3", "--max-requests", "7", "--max-requests-jitter", "5")
    with running(gunicorn("pushed:wsgi", *options, directory=APPS)) as server:
        sent = Counter()
        for _ in range(10):
            sent += spread(server, 1, 20, exactly=False)[0]
        server.terminate()
        server.wait()
        assert sent == settled(lambda: told(collector, "delta"), sent), server.output()[-4000:]
    assert [] == overlapping(collector.points())
