"""Entries for single series: labels, and a value or a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..pace import Pace
from ..registry.distribution import Distributions
from ..registry.observed import Observed, observed
from ..registry.snapshot import FamilyReading, finite
from ..storage.grid import Grid
from .latency import latency
from .numbers import number
from .shortening import Labels, Shortened, by_size, named


class _One(NamedTuple):
    names: Labels
    labels: Labels
    value: float | Observed
    grid: Grid | None

    @property
    def size(self) -> float:
        return self.value.events if isinstance(self.value, Observed) else self.value

    def entry(self) -> dict[str, Any]:
        labels = dict(zip(self.names, self.labels, strict=True))
        if not isinstance(self.value, Observed) or self.grid is None:
            return {"labels": labels, "value": number(self.size)}
        return {
            "labels": labels,
            "count": number(self.value.events),
            "sum": finite(sum(self.value.sums)),
            "quantiles": latency(self.grid, self.value),
        }


def series(families: Sequence[FamilyReading], top: int | None, pace: Pace) -> Shortened:
    """One entry a series, in the order in which they came; with `top` the greatest first."""
    found = [one for family in families for one in _series(family, pace)]
    if top is None:
        chosen, omitted = found, None
    else:
        greatest, omitted = by_size(found, top, lambda one: one.size, lambda one: one.labels)
        chosen = list(greatest)
    entries = []
    for one in chosen:
        entries.append(one.entry())
        pace()
    return entries, omitted


def custom(family: FamilyReading, top: int | None, pace: Pace) -> dict[str, Any]:
    """A metric of the user's own, or that of `monitor_call`."""
    metric = family.description.metrics[0]
    return {
        "name": metric.name,
        "type": metric.type,
        "documentation": metric.documentation,
        **named("series", series([family], top, pace)),
    }


def _series(family: FamilyReading, pace: Pace) -> list[_One]:
    grid = family.values.grid if isinstance(family.values, Distributions) else None
    names, found = family.description.labelnames, []
    for labels, raw in zip(family.labels, family.raw, strict=True):
        found.append(_One(names, labels, raw if grid is None else observed(raw), grid))
        pace()
    return found
