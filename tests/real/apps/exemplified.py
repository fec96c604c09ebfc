"""A service whose every request stands for the buckets that it is in, and so do its operations: `app`."""

import os
import secrets
from types import SimpleNamespace

from opentelemetry.sdk.trace import TracerProvider

from mcp_perf import PerformanceMonitor, catalogue, monitor_db_operation
from mcp_perf.adapters import wsgi

SECONDS = (0.003, 0.3, 99.0)

monitor = PerformanceMonitor(tracer_provider=TracerProvider())
jobs = monitor.counter("jobs", "Jobs.", ["worker"])
took = monitor.histogram("took_seconds", "Durations.", ["worker"])


def plain(environ, start_response):
    """Answers the number of the process."""
    worker = str(os.getpid())
    calls = monitor.family(catalogue.CALLS).labels(worker, "success")
    jobs.labels(worker).inc(2, exemplar={"order": f"order-{worker}"})
    for seconds in SECONDS:
        took.labels(worker).observe(seconds, exemplar={"trace_id": f"{worker}-{seconds}"})
        trace = SimpleNamespace(trace_id=secrets.randbits(128) | 1, span_id=secrets.randbits(64))
        calls.observe(seconds)
        calls.exemplify(seconds, monitor.clock.monotonic(), trace)
    with monitor_db_operation("select", worker, monitor=monitor):
        body = worker.encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Connection", "close")])
    return [body]


app = wsgi.instrument(plain, monitor=monitor)
