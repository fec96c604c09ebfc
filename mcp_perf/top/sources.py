"""Where a view comes from: the summary of one service, or a Prometheus that scrapes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

from .. import catalogue
from ..promql import Expressions
from ..remote import Client, Prometheus, Service, found
from ..signals import DATABASE, HTTP, WORKFLOWS, Signal
from .view import Row, View

Labels = tuple[str, ...]
# By signal the word that a row begins with, and what stands between its labels.
_SHOWN: Mapping[Signal, tuple[str, str]] = {
    HTTP: ("http", " "),
    DATABASE: ("db", " "),
    WORKFLOWS: ("step", ": "),
}


class Source(Protocol):
    """Gives the view of the last seconds; NoAnswerError."""

    def view(self, seconds: int) -> View:
        """What has come in them."""


def source_of(client: Client, expressions: Expressions) -> Source:
    """The source behind a URL: a metrics app, the service that has one, or a Prometheus."""
    place = found(client)
    return OfService(place) if isinstance(place, Service) else OfPrometheus(place, expressions)


class OfService:
    """The summary of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def view(self, seconds: int) -> View:
        """What has come in the window."""
        return self._service.read(_view, window=seconds)


def _view(summary: Mapping[str, Any]) -> View:
    known, http = summary["window"]["seconds"], summary["http"]
    rows = [
        _row(signal, one, known or 1.0)
        for signal, entries in (
            (HTTP, http["routes"]),
            (DATABASE, summary["database"]["operations"]),
            (WORKFLOWS, summary["workflows"]["steps"]),
        )
        for one in entries
    ]
    rate = (http["requests"] or 0) / (known or 1.0)
    return View(summary["service"], known, rate, http["in_progress"], summary["workers"], rows)


def _row(signal: Signal, one: Mapping[str, Any], seconds: float) -> Row:
    kind, between = _SHOWN[signal]
    latency = one["latency_seconds"]
    rate = (one[signal.counted_as] or 0) / seconds
    name = between.join(one[label] for label in signal.things)
    return Row(kind, name, rate, one["error_rate"], latency["p50"], latency["p95"], latency["p99"])


class OfPrometheus:
    """A Prometheus that scrapes services, asked by these expressions."""

    def __init__(self, prometheus: Prometheus, expressions: Expressions) -> None:
        self._prometheus = prometheus
        self._expressions = expressions

    def view(self, seconds: int) -> View:
        """What Prometheus has scraped of it in the last seconds."""
        rows = [row for signal in _SHOWN for row in self._rows(signal, f"{seconds}s")]
        return View(
            ", ".join(self._expressions.matchers) or self._prometheus.client.url,
            seconds,
            sum(row.per_second for row in rows if row.kind == _SHOWN[HTTP][0]),
            self._one(f"sum({self._expressions.metric(catalogue.HTTP_IN_PROGRESS.key)})"),
            self._one(f"sum({self._expressions.metric(catalogue.MONITOR_WORKERS.key)})"),
            rows,
        )

    def _rows(self, signal: Signal, window: str) -> list[Row]:
        (kind, between), by, ask = _SHOWN[signal], signal.things, self._expressions
        rates = self._by(ask.rate(signal, window, by), by)
        errors = self._by(ask.failures(signal, window, by), by)
        quantiles = [self._by(ask.quantile(share, signal, window, by), by) for share in (0.5, 0.95, 0.99)]
        return [
            Row(
                kind,
                between.join(key),
                rate,
                errors.get(key, 0.0) / rate if rate else None,
                *(_known(one.get(key)) for one in quantiles),
            )
            for key, rate in rates.items()
        ]

    def _by(self, expression: str, labels: Labels) -> dict[Labels, float]:
        return {
            tuple(dict(one).get(label, "") for label in labels): value
            for one, value in self._prometheus.at(expression).items()
        }

    def _one(self, expression: str) -> float | None:
        return next(iter(self._prometheus.at(expression).values()), None)


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
