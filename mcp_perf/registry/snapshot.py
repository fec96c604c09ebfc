"""The one immutable reading of everything measured, from which every answer is made."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

from ..storage.grid import Grid
from ..storage.records import FIRST, SUM, UNTIMED
from .description import FamilyDescription


@dataclass(frozen=True)
class Distribution:
    """The reading of one timed record: its `run` of slots as it was, over `grid`."""

    grid: Grid
    run: bytes

    @property
    def untimed(self) -> float:
        """The number of events that were not observed."""
        return self._slots()[UNTIMED]

    @property
    def sum(self) -> float:
        """The sum of all observations."""
        return self._slots()[SUM]

    @property
    def counts(self) -> list[float]:
        """The number of observations in each slot of `grid`."""
        return list(self._slots()[FIRST:])

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
        """Both together; ValueError where they are over different buckets."""
        if self.grid.classic != other.grid.classic:
            raise ValueError("distributions over different buckets cannot be added")
        together = array("d", map(float.__add__, self._slots(), other._slots()))
        return Distribution(self.grid, together.tobytes())

    def _slots(self) -> memoryview[float]:
        return memoryview(self.run).cast("d")


@dataclass(frozen=True)
class SeriesReading:
    """One series: its label values, in the order of the family's label names, and what it holds."""

    labels: tuple[str, ...]
    value: float | Distribution


@dataclass(frozen=True)
class FamilyReading:
    """All series of one family."""

    description: FamilyDescription
    series: tuple[SeriesReading, ...]


@dataclass(frozen=True)
class Snapshot:
    """Everything measured, at one moment.

    `taken_at` and `started_at` are seconds since the epoch.
    """

    taken_at: float
    started_at: float
    families: tuple[FamilyReading, ...]

    def of(self, key: str) -> tuple[FamilyReading, ...]:
        """The families of that key: one for each set of label names, none where nothing was measured."""
        return tuple(family for family in self.families if family.description.key == key)

    def series(self, key: str) -> tuple[SeriesReading, ...]:
        """The series of all families of that key."""
        return tuple(series for family in self.of(key) for series in family.series)


def finite(value: float | None) -> float | None:
    """`value`, or None where JSON has no number for it."""
    return value if value is not None and math.isfinite(value) else None
