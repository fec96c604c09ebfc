"""The one immutable reading of everything measured, from which every answer is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..storage.grid import Grid

# What a metric shows of its family's records.
Shows = Literal["events", "distribution", "value"]
MetricType = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True)
class Metric:
    """One metric as readers see it; a family of timed records shows two of them."""

    name: str
    type: MetricType
    documentation: str
    shows: Shows


@dataclass(frozen=True)
class Distribution:
    """The reading of one timed record. `counts` are per slot of `grid`; `untimed` events have no duration."""

    grid: Grid
    untimed: float
    sum: float
    counts: tuple[float, ...]

    @property
    def count(self) -> float:
        """The number of observations."""
        return sum(self.counts)

    @property
    def events(self) -> float:
        """The number of events, observed or not."""
        return self.untimed + self.count

    @property
    def mean(self) -> float | None:
        """The arithmetic mean, exact; None without observations."""
        count = self.count
        return self.sum / count if count else None

    def quantile(self, q: float) -> float | None:
        """See `Grid.quantile`."""
        return self.grid.quantile(self.counts, q)

    def buckets(self) -> list[tuple[float, float]]:
        """See `Grid.cumulative`."""
        return self.grid.cumulative(self.counts)

    def __add__(self, other: Distribution) -> Distribution:
        """Both together; they must be over equal grids."""
        counts = tuple(map(float.__add__, self.counts, other.counts))
        return Distribution(self.grid, self.untimed + other.untimed, self.sum + other.sum, counts)


@dataclass(frozen=True)
class SeriesReading:
    """One series: its label values, in the order of the family's label names, and what it holds."""

    labels: tuple[str, ...]
    value: float | Distribution


@dataclass(frozen=True)
class FamilyReading:
    """All series of one family."""

    key: str
    labelnames: tuple[str, ...]
    metrics: tuple[Metric, ...]
    series: tuple[SeriesReading, ...]
    overflowed: float


@dataclass(frozen=True)
class Snapshot:
    """Everything measured, at one moment.

    `taken_at` and `started_at` are seconds since the epoch.
    """

    taken_at: float
    started_at: float
    families: tuple[FamilyReading, ...]

    def family(self, key: str) -> FamilyReading | None:
        """The family of that key, None where nothing of it was measured."""
        return next((family for family in self.families if family.key == key), None)

    def series(self, key: str) -> Sequence[SeriesReading]:
        """The series of the family of that key."""
        family = self.family(key)
        return family.series if family else ()


def finite(value: float | None) -> float | None:
    """`value`, or None where JSON has no number for it."""
    return value if value is not None and math.isfinite(value) else None
