"""What is shown: a service's routes, operations and steps over the last seconds, wherever that was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One thing that happens: what it is called, how often a second, and how long it takes, in seconds.

    `errors` is the share that fails; None stands for what is unknown.
    """

    kind: str
    name: str
    per_second: float
    errors: float | None
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True)
class View:
    """A service in the last `seconds`: what is going on in it, how many workers there are, and its rows.

    `per_second` are the requests of all routes, whatever rows there are.
    """

    service: str
    seconds: float
    per_second: float
    in_progress: float | None
    workers: float | None
    rows: Sequence[Row]


# What may come first.
SORTS: Mapping[str, Callable[[Row], float]] = {
    "rate": lambda row: row.per_second,
    "errors": lambda row: row.errors or 0.0,
    "p50": lambda row: row.p50 or 0.0,
    "p95": lambda row: row.p95 or 0.0,
    "p99": lambda row: row.p99 or 0.0,
    "busy": lambda row: row.per_second * (row.p50 or 0.0),
}


def ordered(rows: Sequence[Row], by: str, most: int) -> list[Row]:
    """The rows that are greatest by one of `SORTS`."""
    key = SORTS[by]
    return sorted(rows, key=lambda row: (-key(row), row.kind, row.name))[:most]
