"""The one immutable reading of everything measured, from which every answer is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, overload

from ..storage.grid import Grid
from ..storage.records import FIRST, SUM, UNTIMED, together
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
        return Distribution(self.grid, together((self.run, other.run)))

    def _slots(self) -> memoryview[float]:
        return memoryview(self.run).cast("d")


Value = float | Distribution


class Distributions(Sequence[Distribution]):
    """The values of a timed family: the `runs` of its series, over one `grid`.

    Each is made to a `Distribution` when it is asked for, so that a hundred thousand series are one object
    for the garbage collector.
    """

    __slots__ = ("grid", "runs")

    def __init__(self, grid: Grid, runs: Sequence[bytes]) -> None:
        self.grid = grid
        self.runs = runs

    @overload
    def __getitem__(self, place: int) -> Distribution: ...
    @overload
    def __getitem__(self, place: slice) -> Distributions: ...
    def __getitem__(self, place: int | slice) -> Distribution | Distributions:
        """One of them, or some."""
        if isinstance(place, slice):
            return Distributions(self.grid, self.runs[place])
        return Distribution(self.grid, self.runs[place])

    def __len__(self) -> int:
        return len(self.runs)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class SeriesReading:
    """One series: its label values, in the order of the family's label names, and what it holds."""

    labels: tuple[str, ...]
    value: Value


@dataclass(frozen=True)
class FamilyReading:
    """All series of one family, column by column.

    `labels` are the label values of each series, and the same object again in the next reading as long as no
    series has come or gone. `stamps` tell of gauges when each was last written (infinite as long as one of
    several workers has something in it; see `storage.records`), and `residues` of counters what rounding has
    taken from each value; None where there is nothing to tell.
    """

    description: FamilyDescription
    labels: tuple[tuple[str, ...], ...]
    values: Sequence[Value]
    stamps: Sequence[float] | None = None
    residues: Sequence[float] | None = None

    @property
    def raw(self) -> Sequence[Any]:
        """The values as they are kept: numbers, or the bytes of runs."""
        return self.values.runs if isinstance(self.values, Distributions) else self.values

    def of_rows(self, rows: Sequence[int]) -> FamilyReading:
        """The reading of these series only, in this order."""
        values: Sequence[Value] = [self.raw[row] for row in rows]
        if isinstance(self.values, Distributions):
            values = Distributions(self.values.grid, values)  # type: ignore[arg-type]
        return replace(
            self,
            labels=tuple(self.labels[row] for row in rows),
            values=values,
            stamps=[self.stamps[row] for row in rows] if self.stamps is not None else None,
            residues=[self.residues[row] for row in rows] if self.residues is not None else None,
        )

    @property
    def series(self) -> Iterator[SeriesReading]:
        """The series one by one."""
        return map(SeriesReading, self.labels, self.values)


@dataclass(frozen=True)
class WorkerReading:
    """One live process that measures.

    `started_at` is when it began to, in seconds since the epoch; `ask` asks the operating system about it.
    """

    pid: int
    started_at: float
    ask: Callable[[int], Mapping[str, float]]

    @cached_property
    def process(self) -> Mapping[str, float]:
        """What the operating system says, when first asked: prometheus_client's names without prefix."""
        return self.ask(self.pid)


@dataclass(frozen=True)
class Snapshot:
    """Everything measured, at one moment.

    `taken_at` and `started_at` are seconds since the epoch; `workers` are the live processes, the one that
    has taken the snapshot first.
    """

    taken_at: float
    started_at: float
    families: tuple[FamilyReading, ...]
    service: str = ""
    workers: tuple[WorkerReading, ...] = ()

    def of(self, key: str) -> tuple[FamilyReading, ...]:
        """The families of that key: one for each set of label names, none where nothing was measured."""
        return tuple(family for family in self.families if family.description.key == key)

    def series(self, key: str) -> tuple[SeriesReading, ...]:
        """The series of all families of that key."""
        return tuple(series for family in self.of(key) for series in family.series)


def finite(value: float | None) -> float | None:
    """`value`, or None where JSON has no number for it."""
    return value if value is not None and math.isfinite(value) else None
