"""Entries for single series: labels, and a value or a distribution."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from ..pace import Pace
from ..registry.distribution import Distribution
from ..registry.observed import observed
from ..registry.snapshot import FamilyReading, finite
from .joined import Joined
from .latency import latency
from .numbers import number
from .shortening import Keep, Labels, Shortened, greatest, made, named


def series(families: Sequence[FamilyReading], top: int | None, keep: Keep, pace: Pace) -> Shortened:
    """One entry a series, in the order in which they came; with `top` the greatest first."""
    rows = _Rows(families)
    if top is None:
        return made(range(len(rows)), rows.entry, keep, pace), None
    sizes = array("d")
    for place in range(len(rows)):
        sizes.append(rows.size(place))
        pace()
    chosen = greatest(sizes, top, rows.labels, pace)
    return made(chosen, rows.entry, keep, pace), len(rows) - len(chosen)


def custom(family: FamilyReading, top: int | None, keep: Keep, pace: Pace) -> dict[str, Any]:
    """A metric of the user's own, or that of `monitor_call`."""
    metric = family.description.metrics[0]
    return {
        "name": metric.name,
        "type": metric.type,
        "documentation": metric.documentation,
        **named("series", series([family], top, keep, pace)),
    }


class _Rows:
    """The series of families, one after another."""

    def __init__(self, families: Sequence[FamilyReading]) -> None:
        self._families = families
        self._places = Joined(len(family.labels) for family in families)

    def __len__(self) -> int:
        return len(self._places)

    def labels(self, place: int) -> Labels:
        family, row = self._at(place)
        return family.labels[row]

    def size(self, place: int) -> float:
        family, row = self._at(place)
        value = family.values[row]
        return observed(value.run).events if isinstance(value, Distribution) else value

    def entry(self, place: int) -> dict[str, Any]:
        family, row = self._at(place)
        labels = dict(zip(family.description.labelnames, family.labels[row], strict=True))
        value = family.values[row]
        if not isinstance(value, Distribution):
            return {"labels": labels, "value": number(value)}
        one = observed(value.run)
        return {
            "labels": labels,
            "count": number(one.events),
            "sum": finite(sum(one.sums)),
            "quantiles": latency(value.grid, one),
        }

    def _at(self, place: int) -> tuple[FamilyReading, int]:
        which, row = self._places.at(place)
        return self._families[which], row
