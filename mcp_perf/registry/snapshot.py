"""The one immutable reading of everything measured, from which every answer is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..lazy import lazy
from ..pace import Pace, unpaced
from .description import FamilyDescription
from .distribution import Distributions, Value
from .exemplar import Exemplar, Exemplars


@dataclass(frozen=True)
class SeriesReading:
    """One series: its label values, in the order of the family's label names, and what it holds.

    `exemplars` are in the order of the buckets whose they are, each at most one's.
    """

    labels: tuple[str, ...]
    value: Value
    exemplars: tuple[Exemplar, ...] = ()


class FamilyReading(NamedTuple):
    """All series of one family, column by column.

    `labels` are the label values of each series, and the same object again in the next reading as long as no
    series has come or gone. `stamps` tell of gauges when each was last written (infinite as long as one of
    several workers has something in it; see `storage.records`), `residues` of counters what rounding has
    taken from each value, and `exemplars` are those of the series that have some; None where there is nothing
    to tell.
    """

    description: FamilyDescription
    labels: tuple[tuple[str, ...], ...]
    values: Sequence[Value]
    stamps: Sequence[float] | None = None
    residues: Sequence[float] | None = None
    exemplars: Exemplars | None = None

    @property
    def raw(self) -> Iterable[Any]:
        """The values one by one: numbers, or the bytes of runs."""
        return self.values.runs() if isinstance(self.values, Distributions) else self.values

    def marks(self, pace: Pace = unpaced) -> Sequence[Any]:
        """For each series what differs from its mark in another reading where it does not read the same."""
        return self.values.marks(pace) if isinstance(self.values, Distributions) else self.values

    def of_rows(self, rows: Sequence[int]) -> FamilyReading:
        """The reading of these series only, in this order."""
        values = self.values
        labels = tuple(self.labels[row] for row in rows)
        exemplars = self.exemplars or {}
        return self._replace(
            labels=labels,
            values=values.of(rows) if isinstance(values, Distributions) else [values[row] for row in rows],
            stamps=[self.stamps[row] for row in rows] if self.stamps is not None else None,
            residues=[self.residues[row] for row in rows] if self.residues is not None else None,
            exemplars={one: exemplars[one] for one in labels if one in exemplars} or None,
        )

    @property
    def series(self) -> Iterator[SeriesReading]:
        """The series one by one."""
        exemplars = self.exemplars
        if exemplars is None:
            return map(SeriesReading, self.labels, self.values)
        of_each = (exemplars.get(labels, ()) for labels in self.labels)
        return map(SeriesReading, self.labels, self.values, of_each)


@dataclass(frozen=True)
class WorkerReading:
    """One live process that measures.

    `started_at` is when it began to, in seconds since the epoch; `ask` asks the operating system about it.
    """

    pid: int
    started_at: float
    ask: Callable[[int], Mapping[str, float]]

    @lazy
    def process(self) -> Mapping[str, float]:
        """What the operating system says, when first asked: prometheus_client's names without prefix."""
        return self.ask(self.pid)


@dataclass(frozen=True)
class Snapshot:
    """Everything measured, at one moment.

    `taken_at` and `started_at` are seconds since the epoch; `workers` are the live processes, the one that
    has taken the snapshot first. `has_past` tells whether others have counted who are no more.
    """

    taken_at: float
    started_at: float
    families: tuple[FamilyReading, ...]
    service: str = ""
    workers: tuple[WorkerReading, ...] = ()
    has_past: bool = False

    def of(self, key: str) -> tuple[FamilyReading, ...]:
        """The families of that key: one for each set of label names, none where nothing was measured."""
        return tuple(family for family in self.families if family.description.key == key)

    def series(self, key: str) -> tuple[SeriesReading, ...]:
        """The series of all families of that key."""
        return tuple(series for family in self.of(key) for series in family.series)


def finite(value: float | None) -> float | None:
    """`value`, or None where JSON has no number for it."""
    return value if value is not None and math.isfinite(value) else None
