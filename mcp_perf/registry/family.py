"""A family: series that share names, label names and kind of record, with a cap on their number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..storage.atomic import Lock
from ..storage.grid import Grid
from ..storage.pages import Pages, Slots
from ..storage.records import SCALAR_LENGTH, UNTIMED, adder, finisher, frozen, observer, setter, timed_length
from .description import FamilyDescription
from .labels import OVERFLOW, clean
from .snapshot import Distribution, FamilyReading, SeriesReading


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
        observe = self.observe if gauge is None else finisher(self.slots, self._grid, gauge.slots)
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


@dataclass
class Cap:
    """How many series a metric may have, and has, over all its sets of label names."""

    max_series: int
    held: int = 0


class Family:
    """The series of one family, created on first use.

    `grid` makes its records timed, None scalar. Past its `cap` every further label set reads `_overflow`
    throughout, and `overflowed` is told so each time.
    """

    def __init__(
        self,
        description: FamilyDescription,
        grid: Grid | None,
        *,
        pages: Pages,
        cap: Cap,
        lock: Lock,
        overflowed: Callable[[FamilyDescription], None],
    ) -> None:
        self.description = description
        self.grid = grid
        self.cap = cap
        self._overflowed = overflowed
        self._pages = pages
        self._series: dict[tuple[str, ...], Series] = {}
        self._lock = lock

    def labels(self, *values: object) -> Series:
        """The series of these label values, one for each label name."""
        labels = tuple(map(clean, values))
        series = self._series.get(labels)
        return series if series is not None else self._create(labels)

    def is_overflow(self, series: Series) -> bool:
        """Whether `series` is the one of label sets that found no place."""
        return bool(series.labels) and set(series.labels) == {OVERFLOW}

    def remove(self, *values: object) -> None:
        """Forget the series of these label values, if there is one."""
        with self._lock:
            if self._series.pop(tuple(map(clean, values)), None) is not None:
                self.cap.held -= 1

    def clear(self) -> None:
        """Forget all series."""
        with self._lock:
            self.cap.held -= len(self._series)
            self._series.clear()

    def read(self) -> FamilyReading:
        """The reading of all series, in the order of their creation."""
        with self._lock:
            series = list(self._series.values())
        readings = tuple(SeriesReading(one.labels, self._value(one.slots)) for one in series)
        return FamilyReading(self.description, readings)

    def _create(self, labels: tuple[str, ...]) -> Series:
        with self._lock:
            if labels and labels not in self._series and self.cap.held >= self.cap.max_series:
                self._overflowed(self.description)
                labels = (OVERFLOW,) * len(labels)
            series = self._series.get(labels)
            if series is None:
                length = timed_length(self.grid) if self.grid is not None else SCALAR_LENGTH
                series = Series(labels, self._pages.allocate(length), self.grid)
                self._series[labels] = series
                self.cap.held += 1
            return series

    def _value(self, slots: Slots) -> float | Distribution:
        if self.grid is None:
            return float(slots[0])
        return Distribution(self.grid, frozen(slots))
