"""Naming: what a metric and its labels are called where they are pushed to; here as on ``/metrics``.

The unit of a metric is said in UCUM's words, as OpenTelemetry has it. What only counts something has an
annotation, ``{request}``: it is no unit, so that a receiver that writes units into names, as Prometheus does,
leaves the name as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ..registry.description import FamilyDescription, Metric

Attribute: TypeAlias = str | int | bool
Attributes: TypeAlias = Mapping[str, Attribute]

_SUFFIXES = {"_seconds": "s", "_bytes": "By"}
# By the key of a family: what is counted.
_COUNTED = {
    "http_requests": "{request}",
    "http_requests_in_progress": "{request}",
    "http_exceptions_total": "{exception}",
    "websocket_connections_active": "{connection}",
    "websocket_connections_total": "{connection}",
    "db_operations": "{operation}",
    "workflow_steps": "{step}",
    "active_workflows": "{run}",
    "calls": "{call}",
    "monitor_series": "{series}",
    "monitor_workers": "{process}",
    "monitor_scrapes_total": "{scrape}",
}


@dataclass(frozen=True)
class Stream:
    """What one metric of a family is called: `attributes` are those of a series with these label values."""

    name: str
    description: str
    unit: str
    attributes: Callable[[tuple[str, ...]], Attributes]


class Naming(Protocol):
    """One way to call things; `schema` is the address of the conventions that it follows."""

    schema: str

    def stream(self, family: FamilyDescription, metric: Metric) -> Stream:
        """What a metric is called, and its attributes."""


class PrometheusNames:
    """All is called as on ``/metrics``."""

    schema = ""

    def stream(self, family: FamilyDescription, metric: Metric) -> Stream:
        """See `Naming`."""
        names = family.labelnames

        def attributes(labels: tuple[str, ...]) -> Attributes:
            return dict(zip(names, labels, strict=True))

        return Stream(metric.name, metric.documentation, unit_of(family, metric), attributes)


def unit_of(family: FamilyDescription, metric: Metric) -> str:
    """The unit of what a metric shows, empty for what nobody has said."""
    name = metric.name.removesuffix("_total")
    for suffix, unit in _SUFFIXES.items():
        if name.endswith(suffix):
            return unit
    return _COUNTED.get(family.key, "") if family.section != "custom" else ""


def without_unit(name: str) -> str:
    """The name of a metric without its unit and its type, which OpenTelemetry has beside the name."""
    name = name.removesuffix("_total")
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix) or name
    return name
