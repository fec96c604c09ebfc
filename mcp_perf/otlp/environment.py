"""The standard variables of OpenTelemetry, as far as its exporters do not read them by themselves.

Names and meanings are those of the specification: "Environment Variable Specification", "OpenTelemetry
Protocol Exporter". What is empty is not set; times are in milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..errors import wrong
from ..threads import LONGEST

INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"
TIMEOUT = "OTEL_METRIC_EXPORT_TIMEOUT"
PROTOCOL_NAMES = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
HISTOGRAMS = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
DISABLED = "OTEL_SDK_DISABLED"


def is_disabled(environ: Mapping[str, str]) -> bool:
    """Whether the whole SDK is switched off; by the specification any word but "true" is "false"."""
    return environ.get(DISABLED, "").strip().lower() == "true"


def first(environ: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    """The first of these variables that is set, and what it says."""
    for name in names:
        if environ.get(name, "").strip():
            return name, environ[name].strip()
    return None


def seconds(environ: Mapping[str, str], name: str, otherwise: float) -> float:
    """What a variable in milliseconds says, in seconds; ValueError where it is no positive number."""
    found = first(environ, name)
    if found is None:
        return otherwise
    try:
        value = float(found[1]) / 1000
    except ValueError:
        value = math.nan
    if not 0 < value <= LONGEST:
        raise wrong(name, found[1], "a positive number of milliseconds")
    return value


def word(environ: Mapping[str, str], names: tuple[str, ...], allowed: tuple[str, ...]) -> str | None:
    """What the first of these variables says that is set, in lower case; ValueError for another word."""
    found = first(environ, *names)
    if found is None:
        return None
    if found[1].lower() not in allowed:
        raise wrong(found[0], found[1], f"one of {', '.join(allowed)}")
    return found[1].lower()
