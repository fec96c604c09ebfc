"""The catalogue: every metric that the toolkit brings, each said once.

A family of timed records shows two metrics of one record, a counter and a histogram.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from .registry.description import FamilyDescription, Metric, MetricType, Section, Shows

Buckets = Literal["seconds", "bytes"]


@dataclass(frozen=True)
class FamilySpec:
    """One family: its key, its labels, its metrics without the namespace, and its buckets if it is timed."""

    section: Section
    key: str
    labelnames: tuple[str, ...]
    metrics: tuple[Metric, ...]
    buckets: Buckets | None = None

    def described(
        self,
        namespace: str,
        buckets: Mapping[Buckets, tuple[float, ...]],
        labelnames: tuple[str, ...] = (),
    ) -> FamilyDescription:
        """The family in a namespace, with these bounds for seconds and bytes, and further label names."""
        return FamilyDescription(
            self.section,
            self.key,
            self.labelnames + labelnames,
            tuple(replace(metric, name=f"{namespace}_{metric.name}") for metric in self.metrics),
            buckets[self.buckets] if self.buckets is not None else None,
        )


def _one(
    section: Section,
    name: str,
    kind: MetricType,
    documentation: str,
    *labelnames: str,
    buckets: Buckets | None = None,
) -> FamilySpec:
    shows: Shows = "distribution" if kind == "histogram" else "value"
    return FamilySpec(section, name, labelnames, (Metric(name, kind, documentation, shows),), buckets)


def _timed(section: Section, key: str, total: str, duration: str, what: str, *labelnames: str) -> FamilySpec:
    """`what` is what is counted, as the middle of a sentence."""
    return FamilySpec(
        section,
        key,
        labelnames,
        (
            Metric(total, "counter", f"Number of {what} that have ended.", "events"),
            Metric(duration, "histogram", f"Duration of {what}, in seconds.", "distribution"),
        ),
        "seconds",
    )


HTTP_REQUESTS = _timed(
    "http",
    "http_requests",
    "http_requests_total",
    "http_request_duration_seconds",
    "HTTP requests",
    *("method", "route", "status"),
)
HTTP_IN_PROGRESS = _one(
    "http", "http_requests_in_progress", "gauge", "HTTP requests being answered now.", "method"
)
HTTP_FIRST_BYTE = _one(
    "http",
    "http_time_to_first_byte_seconds",
    "histogram",
    "Time from the first sight of an HTTP request to the first byte of its body, in seconds.",
    *("method", "route"),
    buckets="seconds",
)
HTTP_REQUEST_SIZE = _one(
    "http",
    "http_request_size_bytes",
    "histogram",
    "Bytes of HTTP request bodies that were read.",
    *("method", "route"),
    buckets="bytes",
)
HTTP_RESPONSE_SIZE = _one(
    "http",
    "http_response_size_bytes",
    "histogram",
    "Bytes of HTTP response bodies that were sent.",
    *("method", "route"),
    buckets="bytes",
)
HTTP_EXCEPTIONS = _one(
    "http",
    "http_exceptions_total",
    "counter",
    "Exceptions that no handler of the application caught, by class.",
    *("method", "route", "exception"),
)
WEBSOCKET_ACTIVE = _one(
    "websocket", "websocket_connections_active", "gauge", "WebSocket connections open now.", "route"
)
WEBSOCKET_TOTAL = _one(
    "websocket",
    "websocket_connections_total",
    "counter",
    "WebSocket connections that have ended, by close code; a refused one has the HTTP status of its refusal.",
    *("route", "code"),
)
WEBSOCKET_DURATION = _one(
    "websocket",
    "websocket_duration_seconds",
    "histogram",
    "Duration of accepted WebSocket connections, in seconds.",
    "route",
    buckets="seconds",
)
DB_OPERATIONS = _timed(
    "database",
    "db_operations",
    "db_operations_total",
    "db_operation_duration_seconds",
    "database operations",
    *("operation", "table", "status"),
)
WORKFLOW_STEPS = _timed(
    "workflows",
    "workflow_steps",
    "workflow_steps_total",
    "workflow_step_duration_seconds",
    "workflow steps",
    *("workflow", "step", "status"),
)
ACTIVE_WORKFLOWS = _one(
    "workflows", "active_workflows", "gauge", "Workflow runs with a step executing now.", "workflow"
)
CALLS = _timed(
    "calls", "calls", "calls_total", "call_duration_seconds", "monitored calls", *("name", "status")
)

MONITOR_SERIES = _one("monitor", "monitor_series", "gauge", "Series held, by family.", "family")
MONITOR_OVERFLOWED = _one(
    "monitor",
    "monitor_overflowed_total",
    "counter",
    "Look-ups of a new label set that were folded into the overflow series, by family.",
    "family",
)
MONITOR_EXPIRED = _one(
    "monitor",
    "monitor_expired_total",
    "counter",
    "Series that have left after having been idle for the retention, by family.",
    "family",
)
MONITOR_LOST = _one(
    "monitor",
    "monitor_events_lost_total",
    "counter",
    "Events lost or recorded without their labels because of a fault in the instrumentation, by place.",
    "where",
)
MONITOR_STORAGE_ERRORS = _one(
    "monitor",
    "monitor_storage_errors_total",
    "counter",
    "Faults with the files that workers share, by what was being done.",
    "operation",
)
MONITOR_WORKERS = _one("monitor", "monitor_workers", "gauge", "Live processes whose measurements are merged.")
MONITOR_SCRAPES = _one("monitor", "monitor_scrapes_total", "counter", "Scrapes answered.")
MONITOR_SCRAPE_DURATION = _one(
    "monitor",
    "monitor_scrape_duration_seconds_total",
    "counter",
    "Time spent on reading and rendering for scrapes, in seconds.",
)
MONITOR_SCRAPE_ERRORS = _one(
    "monitor",
    "monitor_scrape_errors_total",
    "counter",
    "Collectors that failed or hung and metrics that could not be written during a scrape, by name.",
    "collector",
)
MONITOR_EXPORT_ERRORS = _one(
    "monitor",
    "monitor_export_errors_total",
    "counter",
    "Pushes of metrics that failed, by exporter.",
    "exporter",
)

ALL = tuple(one for one in list(globals().values()) if isinstance(one, FamilySpec))

# What a job pushes of itself, beside what it has measured (`mcp_perf.push`); no service shows these.
JOB_START = _one("monitor", "job_last_start_timestamp_seconds", "gauge", "When the job began last.")
JOB_END = _one("monitor", "job_last_end_timestamp_seconds", "gauge", "When the job ended last, however.")
JOB_DURATION = _one(
    "monitor", "job_last_duration_seconds", "gauge", "How long the job took when it ended last."
)
JOB_SUCCESS = _one(
    "monitor", "job_last_success", "gauge", "Whether the job succeeded when it ended last: 1 or 0."
)
JOB_SUCCESS_END = _one(
    "monitor", "job_last_success_timestamp_seconds", "gauge", "When the job ended last that succeeded."
)

PUSHED = (JOB_START, JOB_END, JOB_DURATION, JOB_SUCCESS, JOB_SUCCESS_END)
