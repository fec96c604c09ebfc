"""A service whose durations are known to the last one: `app`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from prometheus_client import Counter, Histogram
from support.spread import DURATIONS

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters import wsgi


def plain(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


monitor = PerformanceMonitor()
took = monitor.histogram("took_seconds", "Durations.", ["kind"])
theirs = Histogram("their_seconds", "The same, counted by prometheus_client.", ["kind"])
for kind, durations in DURATIONS.items():
    for duration in durations:
        took.labels(kind).observe(duration)
        theirs.labels(kind).observe(duration)
monitor.gauge("level", "Level.").set(-2.5)
monitor.histogram("change", "Changes.", buckets=[-5, 0, 5]).observe(-3)
Counter("their_jobs", "A metric of prometheus_client's.").inc(3)
app = wsgi.instrument(plain, monitor=monitor)
