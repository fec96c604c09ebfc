"""One series: its run of slots and the functions that write to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..storage.grid import Grid
from ..storage.records import PENDING, UNTIMED, adder, finisher, keeper, observer, setter, stamping_adder
from ..storage.slots import Slots
from .description import Kind


@dataclass(frozen=True)
class Sampling:
    """Which events are timed: the share `rate` of them, by `chance`, which is uniform in [0, 1)."""

    rate: float
    chance: Callable[[], float]


class Promise:
    """An event that is as good as certain: it counts, though untimed, if this process is killed meanwhile.

    Its slot ``PENDING`` of `slots` is raised by 1; then `keep` writes it down, given its duration, or `add`
    takes it back.
    """

    __slots__ = ("add", "keep", "slots")

    def __init__(self, slots: Slots, keep: Callable[[float], None], add: Callable[[float], None]) -> None:
        self.slots = slots
        self.keep = keep
        self.add = add


class Series:
    """One series: its run of slots and the functions that write to it.

    `now` gives the seconds since the epoch. Once `is_retired`, what is written here still counts for a while:
    ask the family for the series that there is now. Once `is_removed` it does not, and there is no other.
    """

    __slots__ = ("_grid", "add", "is_removed", "is_retired", "labels", "observe", "put", "skip", "slots")

    def __init__(
        self,
        labels: tuple[str, ...],
        slots: Slots,
        kind: Kind,
        grid: Grid | None,
        now: Callable[[], float],
    ) -> None:
        self.labels = labels
        self.slots = slots
        self.is_retired = False
        self.is_removed = False
        self._grid = grid
        if grid is not None:
            self.observe: Callable[[float], None] = observer(slots, grid)
            self.skip: Callable[[float], None] = adder(slots, UNTIMED)
        elif kind == "gauge":
            self.add: Callable[[float], None] = stamping_adder(slots, now)
            self.put: Callable[[float], None] = setter(slots, now)
        else:
            self.add = adder(slots)

    def promised(self, sampling: Sampling, gauge: Series) -> Promise:
        """What is needed of this timed series to promise an event; as for `writer`."""
        if self._grid is None:
            raise TypeError("only a timed series has durations")
        add = adder(self.slots, PENDING)
        if sampling.rate >= 1.0:
            return Promise(self.slots, keeper(self.slots, self._grid, gauge.slots), add)
        write = self.writer(sampling, gauge)

        def keep(elapsed: float) -> None:
            add(-1.0)
            write(elapsed)

        return Promise(self.slots, keep, add)

    def writer(self, sampling: Sampling, gauge: Series | None = None) -> Callable[[float], None]:
        """What writes down an event of this timed series, given its duration.

        All events are counted; which are timed too is for `sampling` to say. With `gauge`, 1 is taken from
        the value of that series.
        """
        if self._grid is None:
            raise TypeError("only a timed series has durations")
        observe = self.observe if gauge is None else finisher(self.slots, self._grid, gauge.slots)
        if sampling.rate >= 1.0:
            return observe
        leave = adder(gauge.slots) if gauge is not None else None

        def observe_some(elapsed: float) -> None:
            if sampling.chance() < sampling.rate:
                observe(elapsed)
            else:
                self.skip(1.0)
                if leave is not None:
                    leave(-1.0)

        return observe_some
