"""OpenTelemetry's semantic conventions: the stable names of HTTP servers and database clients.

Of the documents "Semantic conventions for HTTP metrics" and "… for database client metrics", version 1.37 and
those after it, which have left the stable ones as they are. What has no convention has a dotted name in our
own namespace; the bounds of buckets there are advice, and ours are those of the monitor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from ..http.exchange import CLIENT_CLOSED_REQUEST
from ..http.routes import UNMATCHED
from ..registry.description import FamilyDescription, Metric, Section
from ..registry.labels import is_overflow
from .naming import Attributes, Stream, unit_of, without_unit

_SCHEMA = "https://opentelemetry.io/schemas/1.37.0"
# Of the specification of the metrics SDK, "Overflow attribute".
_OVERFLOW: Attributes = {"otel.metric.overflow": True}

# By the key of a family and what is shown of it. In braces the namespace of ours.
_NAMES = {
    ("http_requests", "events"): "{}.http.server.requests",
    ("http_requests", "distribution"): "http.server.request.duration",
    ("http_requests_in_progress", "value"): "http.server.active_requests",
    ("http_request_size_bytes", "distribution"): "http.server.request.body.size",
    ("http_response_size_bytes", "distribution"): "http.server.response.body.size",
    ("http_time_to_first_byte_seconds", "distribution"): "{}.http.server.time_to_first_byte",
    ("http_exceptions_total", "value"): "{}.http.server.exceptions",
    ("websocket_connections_active", "value"): "{}.websocket.active_connections",
    ("websocket_connections_total", "value"): "{}.websocket.connections",
    ("websocket_duration_seconds", "distribution"): "{}.websocket.duration",
    ("db_operations", "events"): "{}.db.client.operations",
    ("db_operations", "distribution"): "db.client.operation.duration",
    ("workflow_steps", "events"): "{}.workflow.steps",
    ("workflow_steps", "distribution"): "{}.workflow.step.duration",
    ("active_workflows", "value"): "{}.workflow.active_runs",
    ("calls", "events"): "{}.calls",
    ("calls", "distribution"): "{}.call.duration",
}

_Translate: TypeAlias = Callable[[str], Attributes]


class OpenTelemetryNames:
    """Calls things by the conventions; `db_system` and `url_scheme` are what no label says."""

    schema = _SCHEMA

    def __init__(self, namespace: str, *, db_system: str, url_scheme: str | None) -> None:
        self._namespace = namespace
        self._always: dict[Section, Attributes] = {
            "database": {"db.system.name": db_system},
            "http": {"url.scheme": url_scheme} if url_scheme is not None else {},
        }

    def stream(self, family: FamilyDescription, metric: Metric) -> Stream:
        """See `Naming`."""
        always = self._always.get(family.section, {})
        translate = [_LABELS.get((family.section, name)) or _called(name) for name in family.labelnames]

        def attributes(labels: tuple[str, ...]) -> Attributes:
            if is_overflow(labels):
                return {**always, **_OVERFLOW}
            found = dict(always)
            for one, label in zip(translate, labels, strict=True):
                found.update(one(label))
            return found

        return Stream(self._name(family, metric), metric.documentation, unit_of(family, metric), attributes)

    def _name(self, family: FamilyDescription, metric: Metric) -> str:
        if family.section == "custom":
            # As "Prometheus and OpenMetrics Compatibility" has it: without its unit it may be another one.
            return metric.name
        known = _NAMES.get((family.key, metric.shows))
        if known is not None:
            return known.format(self._namespace)
        room, _, rest = without_unit(metric.name.removeprefix(f"{self._namespace}_")).partition("_")
        return f"{self._namespace}.{room}.{rest}"


def _called(name: str) -> _Translate:
    return lambda value: {name: value}


def _route(value: str) -> Attributes:
    # Absent where there is none: no value may stand for it.
    return {"http.route": value} if value != UNMATCHED else {}


def _http_status(value: str) -> Attributes:
    """A server's error is one by its code alone; that of a client which went away was never sent."""
    if value == str(CLIENT_CLOSED_REQUEST):
        return {"error.type": value}
    if not value.isdigit():  # of `status_groups`, which no convention knows
        return {"http.response.status_group": value, **({"error.type": value} if value[:1] == "5" else {})}
    code = {"http.response.status_code": int(value)}
    return {**code, "error.type": value} if value.startswith("5") else code


def _outcome(value: str) -> Attributes:
    """Nobody has noted which error it was; "_OTHER" is the conventions' word for that."""
    return {} if value == "success" else {"error.type": "_OTHER" if value == "error" else value}


_LABELS: Mapping[tuple[Section, str], _Translate] = {
    ("http", "method"): _called("http.request.method"),
    ("http", "route"): _route,
    ("http", "status"): _http_status,
    ("http", "exception"): _called("error.type"),
    ("websocket", "route"): _route,
    ("websocket", "code"): _called("websocket.close_code"),
    ("database", "operation"): _called("db.operation.name"),
    ("database", "table"): _called("db.collection.name"),
    ("database", "status"): _outcome,
    ("workflows", "workflow"): _called("workflow.name"),
    ("workflows", "step"): _called("workflow.step.name"),
    ("workflows", "status"): _outcome,
    ("calls", "name"): _called("call.name"),
    ("calls", "status"): _outcome,
}
