"""The summary: a snapshot as JSON for people and scripts without Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from functools import reduce
from pathlib import PurePath
from typing import Any

from . import catalogue
from .catalogue import FamilySpec
from .registry.snapshot import Distribution, FamilyReading, SeriesReading, Snapshot, WorkerReading, finite

# What processes take, and take more of together.
_ADDED = {"cpu_seconds", "open_fds", "resident_memory_bytes", "threads", "virtual_memory_bytes"}


def summarise(snapshot: Snapshot) -> dict[str, Any]:
    """The summary of a snapshot: JSON's types throughout, durations in seconds, None for what is unknown."""
    return {
        "service": snapshot.service or PurePath(sys.argv[0] or "python").name,
        "generated_at": datetime.fromtimestamp(snapshot.taken_at, timezone.utc).isoformat(),
        "uptime_seconds": max(snapshot.taken_at - snapshot.started_at, 0.0),
        "workers": len(snapshot.workers),
        "http": _http(snapshot),
        "database": {"operations": _operations(snapshot, catalogue.DB_OPERATIONS)},
        "workflows": {
            "active": {
                one.labels[0]: _number(one.value) for one in _series(snapshot, catalogue.ACTIVE_WORKFLOWS)
            },
            "steps": _operations(snapshot, catalogue.WORKFLOW_STEPS),
        },
        "custom": [
            _custom(family)
            for family in snapshot.families
            if family.description.section in ("calls", "custom")
        ],
        "process": _processes(snapshot.workers),
        "monitor": _monitor(snapshot),
    }


def _processes(workers: Sequence[WorkerReading]) -> dict[str, Any]:
    """What all workers take together, and each by itself; `pid` is that of the one that answers."""
    each = [{key: _number(value) for key, value in worker.process.items()} for worker in workers]
    totals = dict(each[0]) if each else {}
    for key in _ADDED & totals.keys():
        totals[key] = _sum(worker.process.get(key, 0.0) for worker in workers)
    return {**totals, "workers": each}


def _http(snapshot: Snapshot) -> dict[str, Any]:
    routes: dict[tuple[str, str], dict[str, Distribution]] = {}
    for method, route, status, value in _timed(snapshot, catalogue.HTTP_REQUESTS):
        routes.setdefault((method, route), {})[status] = value
    every = [value for statuses in routes.values() for value in statuses.values()]
    failed = [
        value for statuses in routes.values() for status, value in statuses.items() if status[:1] == "5"
    ]
    return {
        "requests": _events(every),
        "in_progress": _sum(one.value for one in _series(snapshot, catalogue.HTTP_IN_PROGRESS)),
        **_failures(every, failed),
        "latency_seconds": _latency(every),
        "routes": [_route(*key, statuses) for key, statuses in sorted(routes.items())],
        "exceptions": _values(_families(snapshot, catalogue.HTTP_EXCEPTIONS)),
        "websockets": {
            "active": _values(_families(snapshot, catalogue.WEBSOCKET_ACTIVE)),
            "connections": _values(_families(snapshot, catalogue.WEBSOCKET_TOTAL)),
        },
    }


def _route(method: str, route: str, statuses: dict[str, Distribution]) -> dict[str, Any]:
    every = list(statuses.values())
    return {
        "method": method,
        "route": route,
        "requests": _events(every),
        **_failures(every, [value for status, value in statuses.items() if status[:1] == "5"]),
        "statuses": {status: _number(value.events) for status, value in sorted(statuses.items())},
        "latency_seconds": _latency(every),
    }


def _operations(snapshot: Snapshot, spec: FamilySpec) -> list[dict[str, Any]]:
    """The operations of a family whose last label is the outcome."""
    operations: dict[tuple[str, ...], dict[str, Distribution]] = {}
    for *labels, status, value in _timed(snapshot, spec):
        operations.setdefault(tuple(labels), {})[status] = value
    names = spec.labelnames[:-1]
    return [
        {
            **dict(zip(names, labels, strict=True)),
            "count": _events(list(statuses.values())),
            **_failures(list(statuses.values()), [statuses["error"]] if "error" in statuses else []),
            "statuses": {status: _number(value.events) for status, value in sorted(statuses.items())},
            "latency_seconds": _latency(list(statuses.values())),
        }
        for labels, statuses in sorted(operations.items())
    ]


def _custom(family: FamilyReading) -> dict[str, Any]:
    metric = family.description.metrics[0]
    return {
        "name": metric.name,
        "type": metric.type,
        "documentation": metric.documentation,
        "series": _values([family]),
    }


def _monitor(snapshot: Snapshot) -> dict[str, Any]:
    scrapes = [
        one.value
        for one in _series(snapshot, catalogue.MONITOR_SCRAPES)
        if isinstance(one.value, Distribution)
    ]
    return {
        "series": _sum(one.value for one in _series(snapshot, catalogue.MONITOR_SERIES)),
        "overflowed": _sum(one.value for one in _series(snapshot, catalogue.MONITOR_OVERFLOWED)),
        "events_lost": _sum(one.value for one in _series(snapshot, catalogue.MONITOR_LOST)),
        "scrapes": _events(scrapes),
        "scrape_errors": _sum(one.value for one in _series(snapshot, catalogue.MONITOR_SCRAPE_ERRORS)),
        "scrape_duration_seconds": _latency(scrapes),
    }


def _families(snapshot: Snapshot, spec: FamilySpec) -> list[FamilyReading]:
    """The families of a catalogue entry: one for each set of label names, none where nothing was measured."""
    return [
        family
        for family in snapshot.families
        if (family.description.section, family.description.key) == (spec.section, spec.key)
    ]


def _series(snapshot: Snapshot, spec: FamilySpec) -> list[SeriesReading]:
    return [series for family in _families(snapshot, spec) for series in family.series]


def _timed(snapshot: Snapshot, spec: FamilySpec) -> Iterable[tuple[Any, ...]]:
    for one in _series(snapshot, spec):
        yield (*one.labels, one.value)


def _values(families: Iterable[FamilyReading]) -> list[dict[str, Any]]:
    """One entry a series: its labels, and a value or a distribution."""
    entries: list[dict[str, Any]] = []
    for family in families:
        for one in family.series:
            labels = dict(zip(family.description.labelnames, one.labels, strict=True))
            if isinstance(one.value, Distribution):
                numbers: dict[str, Any] = {
                    "count": _events([one.value]),
                    "sum": finite(one.value.sum),
                    "quantiles": _latency([one.value]),
                }
            else:
                numbers = {"value": _number(one.value)}
            entries.append({"labels": labels, **numbers})
    return entries


def _failures(every: list[Distribution], failed: list[Distribution]) -> dict[str, Any]:
    events, errors = _events(every), _events(failed)
    return {"errors": errors, "error_rate": (errors or 0) / events if events else None}


def _latency(values: list[Distribution]) -> dict[str, float | None]:
    if not values:
        return dict.fromkeys(("mean", "p50", "p90", "p95", "p99", "max"))
    merged = reduce(Distribution.__add__, values)
    quantiles = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {"mean": finite(merged.mean)} | {name: finite(merged.quantile(q)) for name, q in quantiles.items()}


def _events(values: list[Distribution]) -> float | int | None:
    return _number(sum(value.events for value in values))


def _sum(values: Iterable[float | Distribution]) -> float | int | None:
    return _number(sum(value for value in values if not isinstance(value, Distribution)))


def _number(value: float | Distribution) -> float | int | None:
    """A count as a whole number where it is one; None for what JSON has no number for."""
    if isinstance(value, Distribution):
        return _number(value.events)
    whole = finite(value)
    return int(whole) if whole is not None and whole == int(whole) else whole
