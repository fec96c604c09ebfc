"""A family: series that share names, label names and kind of record, with a cap on their number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..storage.grid import Grid
from ..storage.pages import Pages, Slots
from ..storage.records import (
    FIRST,
    SCALAR_LENGTH,
    SUM,
    UNTIMED,
    adder,
    observer,
    setter,
    settler,
    timed_length,
)
from .labels import OVERFLOW, clean
from .snapshot import Distribution, FamilyReading, Metric, SeriesReading


@dataclass(frozen=True)
class Sampling:
    """Which events are timed: the share `rate` of them, by `chance`, which is uniform in [0, 1)."""

    rate: float
    chance: Callable[[], float]


class Series:
    """One series: its run of slots and the functions that write to it."""

    __slots__ = ("_grid", "add", "labels", "observe", "put", "skip", "slots")

    def __init__(self, labels: tuple[str, ...], slots: Slots, grid: Grid | None) -> None:
        self.labels = labels
        self.slots = slots
        self._grid = grid
        if grid is not None:
            self.observe: Callable[[float], None] = observer(slots, grid)
            self.skip: Callable[[float], None] = adder(slots, UNTIMED)
        else:
            self.add: Callable[[float], None] = adder(slots)
            self.put: Callable[[float], None] = setter(slots)

    def writer(self, sampling: Sampling, gauge: Series | None = None) -> Callable[[float], None]:
        """What writes down an event of this timed series, given its duration.

        All events are counted; which are timed too is for `sampling` to say. With `gauge`, a scalar series,
        1 is taken from it.
        """
        if self._grid is None:
            raise TypeError("only a timed series has durations")
        observe = self.observe if gauge is None else settler(self.slots, self._grid, gauge.slots)
        if sampling.rate >= 1.0:
            return observe

        def observe_some(elapsed: float) -> None:
            if sampling.chance() < sampling.rate:
                observe(elapsed)
            else:
                self.skip(1.0)
                if gauge is not None:
                    gauge.add(-1.0)

        return observe_some


class Family:
    """The series of one family, created on first use.

    `grid` makes its records timed, None scalar. Past `max_series` every further label set reads
    `_overflow` throughout, and `overflowed` counts how often that happened.
    """

    def __init__(
        self,
        key: str,
        labelnames: tuple[str, ...],
        metrics: tuple[Metric, ...],
        *,
        pages: Pages,
        grid: Grid | None,
        max_series: int,
    ) -> None:
        self.key = key
        self.labelnames = labelnames
        self.metrics = metrics
        self.grid = grid
        self.overflowed = 0
        self._pages = pages
        self.max_series = max_series
        self._series: dict[tuple[str, ...], Series] = {}
        # Re-entrant: a finaliser may record an event while its thread is creating a series.
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._series)

    def labels(self, *values: object) -> Series:
        """The series of these label values, one for each label name."""
        labels = tuple(map(clean, values))
        series = self._series.get(labels)
        return series if series is not None else self._create(labels)

    def is_overflow(self, series: Series) -> bool:
        """Whether `series` is the one of label sets that found no place."""
        return bool(series.labels) and set(series.labels) == {OVERFLOW}

    def remove(self, *values: object) -> None:
        """Forget the series of these label values; KeyError where there is none."""
        with self._lock:
            del self._series[tuple(map(clean, values))]

    def clear(self) -> None:
        """Forget all series."""
        with self._lock:
            self._series.clear()

    def read(self) -> FamilyReading:
        """The reading of all series, in the order of their creation."""
        with self._lock:
            series = list(self._series.values())
        readings = tuple(SeriesReading(one.labels, self._value(one.slots)) for one in series)
        return FamilyReading(self.key, self.labelnames, self.metrics, readings, self.overflowed)

    def _create(self, labels: tuple[str, ...]) -> Series:
        with self._lock:
            if labels not in self._series and labels and len(self._series) >= self.max_series:
                self.overflowed += 1
                labels = (OVERFLOW,) * len(labels)
            series = self._series.get(labels)
            if series is None:
                length = timed_length(self.grid) if self.grid is not None else SCALAR_LENGTH
                series = Series(labels, self._pages.allocate(length), self.grid)
                self._series[labels] = series
            return series

    def _value(self, slots: Slots) -> float | Distribution:
        if self.grid is None:
            return float(slots[0])
        values: Sequence[float] = slots.tolist()
        return Distribution(self.grid, values[UNTIMED], values[SUM], tuple(values[FIRST:]))
