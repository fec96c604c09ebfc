"""Records: what the slots of a run mean, how an event is written to them and how they are read.

A timed record has the layout ``[untimed, sum, count of slot 0, count of slot 1, …]``: `untimed` counts
events that were not timed (a sample rate below 1), so that the counter read from the record, ``untimed``
plus all counts, is exact while the distribution is a sample. A scalar record is one slot.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable

from .atomic import atomic
from .grid import Grid
from .pages import Slots

UNTIMED = 0
SUM = 1
FIRST = 2
SCALAR_LENGTH = 1


def timed_length(grid: Grid) -> int:
    """The number of slots of a timed record over `grid`."""
    return FIRST + grid.size


def frozen(slots: Slots) -> bytes:
    """The run as it is now, in the bytes of its float64."""
    return array("d", slots).tobytes() if isinstance(slots, list) else slots.tobytes()


def observer(slots: Slots, grid: Grid) -> Callable[[float], None]:
    """The function that writes one observation into a timed record."""
    bounds = grid.bounds

    @atomic
    def observe(value: float) -> None:
        slot = bisect_left(bounds, value) + 2
        slots[1] += value
        slots[slot] += 1.0

    return observe


def finisher(slots: Slots, grid: Grid, gauge: Slots) -> Callable[[float], None]:
    """The function that writes one observation and takes 1 from a gauge: the end of what was in progress."""
    bounds = grid.bounds

    @atomic
    def finish(value: float) -> None:
        slot = bisect_left(bounds, value) + 2
        slots[1] += value
        slots[slot] += 1.0
        gauge[0] -= 1.0

    return finish


def adder(slots: Slots, index: int = 0) -> Callable[[float], None]:
    """The function that adds to one slot."""

    @atomic
    def add(amount: float) -> None:
        slots[index] += amount

    return add


def setter(slots: Slots) -> Callable[[float], None]:
    """The function that sets a scalar record."""

    def put(value: float) -> None:
        slots[0] = value

    return put
