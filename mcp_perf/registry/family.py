"""A family: series that share names, label names and kind of record, with a cap on their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol
from weakref import WeakSet

from ..pace import Pace, collected, unpaced
from ..storage.atomic import Lock
from ..storage.column import Columns, one_by_one
from ..storage.grid import Grid
from ..storage.records import STAMP, VALUE, adder, frozen, live, timed_length
from ..storage.slots import Slots
from ..storage.sparse import held
from .description import FamilyDescription
from .distribution import Distributions, SparseDistributions, Value
from .exemplars import ExemplarStore, FamilyExemplars
from .labels import OVERFLOW, clean, is_overflow
from .pages import Pages
from .runs import slots_of
from .series import Series, series_of
from .snapshot import FamilyReading


class Holder(Protocol):
    """Something that keeps what it has resolved from a family: a series, or what writes to one."""

    def forget(self) -> None:
        """Keep none of it, and ask the family again at the next event."""

    def forked(self) -> None:
        """Forget it too, and count no event that has begun in the parent: the parent does."""


_RUNS = 16  # that are read between two turns of other threads: they are long


@dataclass
class Cap:
    """How many series a metric may have, and has, over all its sets of label names."""

    max_series: int
    held: int = 0


@dataclass(frozen=True)
class Surroundings:
    """What the families of one registry share.

    `lock` is for what is rare, `overflowed` is told of each look-up past a cap, `removed` of the removal of
    the series of some label values, or of all for None, and `now` gives the seconds since the epoch.
    `crowded` is told before one is past its cap, and may have series leave; `made` of each new series.
    """

    pages: Pages
    lock: Lock
    now: Callable[[], float]
    exemplars: ExemplarStore
    overflowed: Callable[[FamilyDescription], None]
    removed: Callable[[FamilyDescription, tuple[str, ...] | None], None]
    crowded: Callable[[], None]
    made: Callable[[FamilyDescription], None]


class Family:
    """The series of one family, created on first use.

    Past its `cap` every further label set reads `_overflow` throughout. `retention` is how many seconds an
    idle series stays, None for ever.
    """

    def __init__(
        self,
        description: FamilyDescription,
        cap: Cap,
        retention: float | None,
        around: Surroundings,
    ) -> None:
        self.description = description
        self.grid = grid = description.grid
        self.cap = cap
        # A series without labels is the only one of its family: it does not pile up.
        self.retention = retention if description.labelnames else None
        self._around = around
        self._nothing = FamilyReading(description, (), () if grid is None else Distributions(grid, ()))
        self._series: dict[tuple[str, ...], Series] = {}
        # The label values and the runs of all series, and what reads these, until one comes or goes.
        self._rows: tuple[tuple[tuple[str, ...], ...], list[Slots], Columns] | None = None
        # These runs, kept while series come; None once one has gone.
        self._runs: list[Slots] | None = []
        self._holders: WeakSet[Holder] = WeakSet()
        self._exemplars = FamilyExemplars(description, around.exemplars)

    def follow(self, holder: Holder) -> None:
        """Have `holder` told whenever a series has been retired."""
        with self._around.lock:
            self._holders.add(holder)

    def labels(self, *values: object) -> Series:
        """The series of these label values, one for each label name."""
        labels = tuple(map(clean, values))
        series = self._series.get(labels)
        return series if series is not None else self._create(labels)

    def is_overflow(self, series: Series) -> bool:
        """Whether `series` is the one of label sets that found no place."""
        return is_overflow(series.labels)

    def remove(self, labels: tuple[str, ...]) -> None:
        """Forget the series of these clean label values, and what is written to it from now on."""
        self._leave({labels: None})
        self._around.removed(self.description, labels)

    def clear(self) -> None:
        """Forget all series, and what is written to them from now on."""
        with self._around.lock:
            self._leave(dict.fromkeys(self._series))
        self._around.removed(self.description, None)

    def retire(self, keys: Mapping[tuple[str, ...], Value], since: float = inf) -> None:
        """Forget the series of these clean label values, as they have read; what came since makes new.

        Exemplars are forgotten too, but for those that are newer than `since`, in seconds since the epoch.
        """
        with self._around.lock:
            newer = {key: [one for one in self._exemplars.of(key) if one.timestamp > since] for key in keys}
            self._leave(keys)
            for labels, exemplars in newer.items():
                if exemplars:
                    self._exemplars.put(self.labels(*labels), exemplars)

    def _leave(self, keys: Mapping[tuple[str, ...], Value | None]) -> None:
        with self._around.lock:
            gone = [self._series.pop(key) for key in keys if key in self._series]
            if not gone:
                return
            self._rows = self._runs = None
            self.cap.held -= len(gone)
            for series in gone:
                series.is_removed = keys[series.labels] is None
                series.is_retired = True
            for holder in list(self._holders):
                holder.forget()
            for series in gone:
                self._exemplars.forget(series.labels)
                self._around.pages.retire(self.description, series, keys[series.labels])

    def add(self, labels: tuple[str, ...], amounts: Sequence[float]) -> None:
        """Add what came late to the series of these clean label values."""
        slots = self.labels(*labels).slots
        for slot, amount in enumerate(amounts):
            if amount and not (slot == STAMP and self.description.kind == "gauge"):
                if isinstance(slots, dict):
                    slots.setdefault(slot, 0.0)
                adder(slots, slot)(amount)

    def rehouse(self, is_housed: Callable[[Slots], bool]) -> None:
        """Move the series whose runs are not housed where they should be, with all that they hold."""
        with self._around.lock:
            reading = self.read()
            rows = dict(zip(reading.labels, reading.values, strict=True))
            moving = {
                labels: rows[labels] for labels, one in self._series.items() if not is_housed(one.slots)
            }
            is_gauge = self.description.kind == "gauge"
            stamps = {labels: self._series[labels].slots[STAMP] for labels in moving} if is_gauge else {}
            self.retire(moving, -inf)
            for labels, value in moving.items():
                self.add(labels, slots_of(value))
            for labels, stamp in stamps.items():
                self.labels(*labels).slots[STAMP] = stamp

    def leave_behind(self) -> None:
        """What the series hold is counted elsewhere from now on, but for what is in gauges."""
        if self.description.kind != "gauge":
            with self._around.lock:
                reading = self.read()
                self.retire(dict(zip(reading.labels, reading.values, strict=True)))

    def forked(self) -> None:
        """This is a fork: whatever is here is the parent's."""
        for series in self._series.values():
            series.is_retired = True
        self._series = {}
        self._rows = self._runs = None
        self._exemplars.forked()
        self.cap.held = 0
        for holder in list(self._holders):
            holder.forked()

    def read(self, pace: Pace = unpaced) -> FamilyReading:
        """The reading of all series, in the order of their creation."""
        if not self._series:
            return self._nothing
        with self._around.lock:
            if self._rows is None:
                if self._runs is None:
                    self._runs = [series.slots for series in self._series.values()]
                runs = list(self._runs)
                # Timed runs are read whole.
                columns = self._around.pages.columns(runs) if self.grid is None else one_by_one(runs)
                self._rows = tuple(self._series), runs, columns
            labels, runs, columns = self._rows
        # Before the values, so that what an exemplar tells of is counted in them.
        exemplars = self._exemplars.read()
        if self.grid is not None:
            values = _distributions(self.grid, runs, pace)
            return FamilyReading(self.description, labels, values, exemplars=exemplars)
        stamps = columns(STAMP, pace) if self.description.kind == "gauge" else None
        return FamilyReading(
            self.description, labels, columns(VALUE, pace), stamps=stamps, exemplars=exemplars
        )

    def _create(self, labels: tuple[str, ...]) -> Series:
        with self._around.lock:
            if labels and labels not in self._series and not self._has_room(labels):
                self._around.overflowed(self.description)
                labels = (OVERFLOW,) * len(labels)
            series = self._series.get(labels)
            if series is None:
                around = self._around
                slots = around.pages.allocate(self.description, labels)
                series = self._series[labels] = series_of(
                    self.description, labels, slots, self._exemplars, around.now
                )
                self._rows = None
                if self._runs is not None:
                    self._runs.append(slots)
                self.cap.held += 1
                around.made(self.description)
            return series

    def _has_room(self, labels: tuple[str, ...]) -> bool:
        most = self.cap.max_series
        if self.cap.held >= most:
            self._around.crowded()
        return self.cap.held < most and self._around.pages.has_room(self.description, labels, most)


def _distributions(grid: Grid, runs: Sequence[Slots], pace: Pace) -> Distributions:
    in_heap = [run for run in runs if isinstance(run, dict)]
    if len(in_heap) == len(runs):
        return SparseDistributions(grid, in_heap, collected(map(held, in_heap), pace, _RUNS))
    length = timed_length(grid)
    return Distributions(grid, collected((live(frozen(run, length)) for run in runs), pace, _RUNS))
