"""A column: the same slot of many runs, read at once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from operator import itemgetter

from ..pace import Pace, collected
from .slots import Slots

Column = Callable[["memoryview[float]"], Sequence[float]]
# Gives that slot of each run, at a pace.
Columns = Callable[[int, Pace], Sequence[float]]


def column(places: Sequence[int]) -> Column:
    """What reads the slots at these places, of which there is at least one, out of memory."""
    first, last = places[0], places[-1]
    if len(places) == 1:
        return lambda memory: [memory[first]]
    step = places[1] - first
    if step > 0 and tuple(places) == tuple(range(first, last + 1, step)):
        return lambda memory: array("d", memory[first : last + 1 : step].tobytes())
    low, high = min(places), max(places) + 1
    if are_near(places):  # a list is quicker to pick from
        pick = itemgetter(*(place - low for place in places))
        return lambda memory: pick(memory[low:high].tolist())
    return itemgetter(*places)


def are_near(places: Sequence[int]) -> bool:
    """Whether there is not much between these places."""
    return max(places) - min(places) < 4 * len(places)


def one_by_one(runs: Sequence[Slots]) -> Columns:
    """The columns of runs that may be anywhere."""
    return lambda slot, pace: collected(map(itemgetter(slot), runs), pace)
