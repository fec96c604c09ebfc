"""Where a view comes from: the summary of one service, or a Prometheus that scrapes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .client import Client, NoAnswerError
from .view import Row, View

Labels = tuple[str, ...]
_MOST = 500
_SOMETHING_ELSE = (200, 404, 405)  # what a server answers that has something else there, or nothing


class Source(Protocol):
    """Gives the view of the last seconds; NoAnswerError."""

    def view(self, seconds: int) -> View:
        """What has come in them."""


def source_of(client: Client, namespace: str, selector: str) -> Source:
    """The source behind a URL: a metrics app, the service that has one, or a Prometheus."""
    refusal: NoAnswerError | None = None
    for path in ("/metrics", ""):
        try:
            found = client.json(f"{path}/summary", window=60, top=1)
        except NoAnswerError as error:
            if not error.status:
                raise
            refusal = refusal if error.status in _SOMETHING_ELSE else error
        else:
            if isinstance(found, dict) and {"window", "http", "workers"} <= found.keys():
                return Summary(client, path)
    prometheus = Prometheus(client, namespace, selector)
    try:
        prometheus.ask("1")
    except NoAnswerError:
        nothing = NoAnswerError(f"{client.url} has neither a summary of mcp_perf nor Prometheus's API")
        raise refusal or nothing from None
    return prometheus


class Summary:
    """The summary of one service, below `path`."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path

    def view(self, seconds: int) -> View:
        """What has come in the window."""
        found = self._client.json(f"{self._path}/summary", window=seconds, top=_MOST)
        known = found["window"]["seconds"] or 1.0
        http = found["http"]
        rows = [
            _row("http", f"{one['method']} {one['route']}", one, "requests", known) for one in http["routes"]
        ]
        rows += [
            _row("db", f"{one['operation']} {one['table']}", one, "count", known)
            for one in found["database"]["operations"]
        ]
        rows += [
            _row("step", f"{one['workflow']}: {one['step']}", one, "count", known)
            for one in found["workflows"]["steps"]
        ]
        return View(found["service"], found["window"]["seconds"], http["in_progress"], found["workers"], rows)


def _row(kind: str, name: str, one: Mapping[str, Any], counted_as: str, seconds: float) -> Row:
    latency = one["latency_seconds"]
    rate = (one[counted_as] or 0) / seconds
    return Row(kind, name, rate, one["error_rate"], latency["p50"], latency["p95"], latency["p99"])


class Prometheus:
    """A Prometheus that scrapes services of `namespace`; a `selector` such as ``job="shop"`` chooses some."""

    def __init__(self, client: Client, namespace: str, selector: str) -> None:
        self._client = client
        self._namespace = namespace
        self._selector = selector

    def ask(self, expression: str) -> dict[tuple[tuple[str, str], ...], float]:
        """What an expression gives now, by labels."""
        answer = self._client.json("/api/v1/query", query=expression)
        try:
            return {
                tuple(sorted(one["metric"].items())): float(one["value"][1])
                for one in answer["data"]["result"]
                if isinstance(one, dict)
            }
        except (AttributeError, LookupError, TypeError, ValueError):
            raise NoAnswerError(f"{self._client.url} does not answer as Prometheus does") from None

    def view(self, seconds: int) -> View:
        """What Prometheus has scraped of it in the last seconds."""
        rows = [
            *self._rows("http", "http_request", "5..", ("method", "route"), seconds, " ".join),
            *self._rows("db", "db_operation", "error", ("operation", "table"), seconds, " ".join),
            *self._rows("step", "workflow_step", "error", ("workflow", "step"), seconds, ": ".join),
        ]
        return View(
            self._selector or self._client.url,
            seconds,
            self._one(f"sum({self._metric('http_requests_in_progress')})"),
            self._one(f"sum({self._metric('monitor_workers')})"),
            rows,
        )

    def _rows(
        self,
        kind: str,
        stem: str,
        failed: str,
        labels: Labels,
        seconds: int,
        name: Callable[[Labels], str],
    ) -> list[Row]:
        by, total = ", ".join(labels), f"{stem}s_total"
        rates = self._by(f"sum by ({by}) (rate({self._metric(total)}[{seconds}s]))", labels)
        status = f'status=~"{failed}"'
        errors = self._by(f"sum by ({by}) (rate({self._metric(total, status)}[{seconds}s]))", labels)
        buckets = f"sum by (le, {by}) (rate({self._metric(f'{stem}_duration_seconds_bucket')}[{seconds}s]))"
        quantiles = [self._by(f"histogram_quantile({q}, {buckets})", labels) for q in (0.5, 0.95, 0.99)]
        return [
            Row(
                kind,
                name(key),
                rate,
                errors.get(key, 0.0) / rate if rate else None,
                *(_known(found.get(key)) for found in quantiles),
            )
            for key, rate in rates.items()
        ]

    def _by(self, expression: str, labels: Labels) -> dict[Labels, float]:
        return {
            tuple(dict(found).get(label, "") for label in labels): value
            for found, value in self.ask(expression).items()
        }

    def _one(self, expression: str) -> float | None:
        return next(iter(self.ask(expression).values()), None)

    def _metric(self, name: str, *more: str) -> str:
        return f"{self._namespace}_{name}{{{', '.join(filter(None, (self._selector, *more)))}}}"


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
