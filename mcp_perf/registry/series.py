"""One series: its run of slots and the functions that write to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from ..storage.atomic import atomic
from ..storage.grid import Grid
from ..storage.records import PENDING, UNTIMED, adder, finisher, keeper, observer
from ..storage.slots import Slots
from ..storage.sparse import first
from .description import FamilyDescription
from .exemplar import Trace
from .exemplars import FamilyExemplars, Kept


@dataclass(frozen=True)
class Sampling:
    """Which events are timed: the share `rate` of them, by `chance`, which is uniform in [0, 1)."""

    rate: float
    chance: Callable[[], float]


# Writes an event down, given its duration; gives True where it is counted but not timed.
Write = Callable[[float], bool | None]


def written_by(write: Write) -> Series | None:
    """The series that a writer of one is of; None for what is none."""
    found: Series | None = getattr(write, "series", None)
    return found


class Promise:
    """An event that is as good as certain: it counts, though untimed, if this process is killed meanwhile.

    Its slot ``PENDING`` of `slots` is raised by 1; then `keep` writes it down, given its duration, or `add`
    takes it back.
    """

    __slots__ = ("add", "keep", "slots")

    def __init__(self, slots: Slots, keep: Write, add: Callable[[float], None]) -> None:
        self.slots = slots
        self.keep = keep
        self.add = add


class Series:
    """One series: its run of slots and how to write to it. This one is a counter's.

    `exemplars` are its family's until it has some of its own.

    Once `is_retired`, what is written here still counts for a while: ask the family for the series that there
    is now. Once `is_removed` it does not, and there is no other.
    """

    __slots__ = ("exemplars", "is_removed", "is_retired", "labels", "slots")

    def __init__(self, labels: tuple[str, ...], slots: Slots, exemplars: FamilyExemplars) -> None:
        self.labels = labels
        self.slots = slots
        self.exemplars: FamilyExemplars | Kept = exemplars
        self.is_retired = False
        self.is_removed = False

    # Not closures over the slots, which would be quicker by an instant: series are many, and most idle.

    @atomic
    def add(self, amount: float) -> None:
        """Add to the value."""
        self.slots[0] += amount

    def exemplify(self, value: float, now: float, trace: Trace) -> None:
        """Offer an event, of that value or amount, as the exemplar of its bucket; nothing is raised.

        `now` is the second of the clock that measures durations. It is taken where the bucket has taken none
        for a second; only then `trace` is asked.
        """
        exemplars = self.exemplars
        if now >= exemplars.due[bisect_left(exemplars.bounds, value)]:
            exemplars.keep(self, value, now, trace)

    def show(self, value: float, labels: tuple[tuple[str, str], ...]) -> None:
        """Have an event with these labels, which were checked, be the exemplar of its bucket."""
        self.exemplars.show(self, value, labels)

    def put(self, _value: float, /) -> None:
        """Set the value of a gauge; TypeError for what is none."""
        raise TypeError("only a gauge is set")

    def observe(self, _value: float, /) -> None:
        """Write down a timed event; TypeError where events are not timed."""
        raise TypeError("only a timed series has durations")

    def promised(self, _sampling: Sampling, _gauge: Series, /) -> Promise:
        """What is needed of this timed series to promise an event; as for `writer`."""
        raise TypeError("only a timed series has durations")

    def writer(self, _sampling: Sampling, _gauge: Series | None = None, /) -> Write:
        """What writes down an event of this timed series, given its duration.

        All events are counted; which are timed too is for the sampling to say: True is given for one that is
        not. With a gauge, 1 is taken from the value of that series. `written_by` tells of a writer whose.
        """
        raise TypeError("only a timed series has durations")


class GaugeSeries(Series):
    """A gauge's; `now` gives the seconds since the epoch."""

    __slots__ = ("_now",)

    def __init__(
        self, labels: tuple[str, ...], slots: Slots, exemplars: FamilyExemplars, now: Callable[[], float]
    ) -> None:
        super().__init__(labels, slots, exemplars)
        self._now = now

    @atomic
    def add(self, amount: float) -> None:
        """Add to the value."""
        stamp = self._now()
        self.slots[0] += amount
        self.slots[1] = stamp

    def put(self, value: float) -> None:
        """Set the value."""
        stamp = self._now()
        self.slots[0] = value
        self.slots[1] = stamp

    def exemplify(self, _value: float, _now: float, _trace: Trace, /) -> None:
        """A gauge has no exemplars; TypeError."""
        raise TypeError("a gauge has no exemplars")


class TimedSeries(Series):
    """One of timed records over `grid`."""

    __slots__ = ("_grid",)

    def __init__(self, labels: tuple[str, ...], slots: Slots, exemplars: FamilyExemplars, grid: Grid) -> None:
        super().__init__(labels, slots, exemplars)
        self._grid = grid

    def add(self, _amount: float, /) -> None:
        """Nothing can be added; TypeError."""
        raise TypeError("a timed series is written by events")

    @atomic
    def observe(self, value: float) -> None:
        """Write down an event."""
        slots, slot = self.slots, bisect_left(self._grid.bounds, value) + 3
        slots[1] += value
        try:
            slots[slot] += 1
        except KeyError:
            first(slots, slot)

    def promised(self, sampling: Sampling, gauge: Series) -> Promise:
        """See `Series.promised`."""
        add = adder(self.slots, PENDING)
        if sampling.rate >= 1.0:
            return Promise(self.slots, self._signed(keeper(self.slots, self._grid, gauge.slots)), add)
        write = self.writer(sampling, gauge)

        def keep(elapsed: float) -> bool | None:
            add(-1.0)
            return write(elapsed)

        return Promise(self.slots, self._signed(keep), add)

    def writer(self, sampling: Sampling, gauge: Series | None = None) -> Write:
        """See `Series.writer`."""
        observe = (
            observer(self.slots, self._grid)
            if gauge is None
            else finisher(self.slots, self._grid, gauge.slots)
        )
        if sampling.rate >= 1.0:
            return self._signed(observe)
        skip = adder(self.slots, UNTIMED)
        leave = adder(gauge.slots) if gauge is not None else None

        def observe_some(elapsed: float) -> bool | None:
            if sampling.chance() < sampling.rate:
                return observe(elapsed)
            skip(1.0)
            if leave is not None:
                leave(-1.0)
            return True

        return self._signed(observe_some)

    def _signed(self, write: Write) -> Write:
        write.__dict__["series"] = self
        return write


def series_of(
    description: FamilyDescription,
    labels: tuple[str, ...],
    slots: Slots,
    exemplars: FamilyExemplars,
    now: Callable[[], float],
) -> Series:
    """A series of that family, which has these `exemplars`; `now` gives the seconds since the epoch."""
    if description.grid is not None:
        return TimedSeries(labels, slots, exemplars, description.grid)
    if description.kind == "gauge":
        return GaugeSeries(labels, slots, exemplars, now)
    return Series(labels, slots, exemplars)
