"""Records: what the slots of a run mean, how an event is written to them and how they are read.

A counter's record is one slot. A gauge's is ``[value, stamp]``: when it was last written by hand, in seconds
since the epoch; 0 for never. A timed record is ``[untimed, sum, pending, count of slot 0, of slot 1, …]``:
`untimed` counts events that were not timed (a sample rate below 1), so that the counter read from the record,
``untimed`` plus all counts, is exact while the distribution is a sample. `pending` are events whose end is
under way: they count only if their process dies before it has written them down.

What a reading holds has the sum's rounding error in the place of `pending`, so that sums of sums stay exact.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from math import fsum, isfinite
from operator import add
from struct import Struct
from sys import byteorder

from .atomic import atomic
from .grid import Grid
from .slots import Slots
from .sparse import dense, first, held

VALUE = 0
STAMP = 1
UNTIMED = 0
SUM = 1
PENDING = RESIDUE = 2
FIRST = 3
COUNTER_LENGTH = 1
GAUGE_LENGTH = 2

_NOTHING = bytes(8)
HEAD = Struct("3d")  # what is before the counts; in a reading untimed, sum, and the sum's residue
# The byte of each count that is zero only where the count is.
_TOPS = slice(8 * FIRST + (7 if byteorder == "little" else 0), None, 8)


def timed_length(grid: Grid) -> int:
    """The number of slots of a timed record over `grid`."""
    return FIRST + grid.size


def observer(slots: Slots, grid: Grid) -> Callable[[float], None]:
    """The function that writes one observation into a timed record."""
    bounds = grid.bounds

    @atomic
    def observe(value: float) -> None:
        slot = bisect_left(bounds, value) + 3
        slots[1] += value
        try:
            slots[slot] += 1
        except KeyError:
            first(slots, slot)

    return observe


def finisher(slots: Slots, grid: Grid, gauge: Slots) -> Callable[[float], None]:
    """The function that writes one observation and takes 1 from a gauge: the end of what was in progress."""
    bounds = grid.bounds

    @atomic
    def finish(value: float) -> None:
        slot = bisect_left(bounds, value) + 3
        slots[1] += value
        try:
            slots[slot] += 1
        except KeyError:
            first(slots, slot)
        gauge[0] -= 1.0

    return finish


def keeper(slots: Slots, grid: Grid, gauge: Slots) -> Callable[[float], None]:
    """A `finisher` of what was pending."""
    bounds = grid.bounds

    @atomic
    def keep(value: float) -> None:
        slot = bisect_left(bounds, value) + 3
        # Side by side: whoever is killed between these two is lost.
        slots[2] -= 1.0
        try:
            slots[slot] += 1
        except KeyError:
            first(slots, slot)
        slots[1] += value
        gauge[0] -= 1.0

    return keep


def adder(slots: Slots, index: int = 0) -> Callable[[float], None]:
    """The function that adds to one slot."""

    @atomic
    def add(amount: float) -> None:
        slots[index] += amount

    return add


@atomic
def raise_pending(slots: Slots) -> None:
    """One more event of a timed record is pending."""
    slots[2] += 1.0


def frozen(slots: Slots, length: int) -> bytes:
    """The bytes of a run of `length` slots as it is now."""
    if isinstance(slots, dict):
        return dense(slots, held(slots), length)
    return array("d", slots).tobytes() if isinstance(slots, list) else slots.tobytes()


def live(run: bytes) -> bytes:
    """The timed run of a process that lives, as a reading holds it: what is pending does not count yet."""
    return run if run[16:24] == _NOTHING else run[:16] + _NOTHING + run[24:]


def settled(run: bytes) -> bytes:
    """The timed run of a process that has died, as a reading holds it: what was pending counts."""
    if run[16:24] == _NOTHING:
        return run
    slots = array("d", run)
    slots[UNTIMED] += max(slots[PENDING], 0.0)
    slots[PENDING] = 0.0
    return slots.tobytes()


def occupied(run: bytes) -> tuple[int, array[float]]:
    """The first slot of the grid that is not zero in a timed run, and the counts from there to the last."""
    # Most slots are zero: only these are made to floats.
    tops = run[_TOPS]
    stop = len(tops.rstrip(b"\0"))
    start = min(len(tops) - len(tops.lstrip(b"\0")), stop)
    return start, array("d", run[8 * (FIRST + start) : 8 * (FIRST + stop)])


def exact(values: Sequence[float]) -> tuple[float, float]:
    """The sum of `values` as a float and what rounding has taken from it."""
    try:
        total = fsum(values)
        return total, fsum([*values, -total]) if isfinite(total) else 0.0
    except (OverflowError, ValueError):  # more than a float holds, or both infinities
        return sum(values), 0.0


def is_possible(run: bytes, *, is_timed: bool) -> bool:
    """Whether that may be the run of a counter, or a timed one: no count is below zero, or no number."""
    slots = array("d", run)
    if not is_timed:
        return slots[VALUE] >= 0.0
    counts = slots[FIRST:]
    return slots[UNTIMED] >= 0.0 and min(counts) >= 0.0 and sum(counts) >= 0.0  # the sum tells of a NaN


def together(runs: Sequence[bytes]) -> bytes:
    """The sum of timed runs of one grid, as readings hold them."""
    nothing = bytes(len(runs[0]))
    kept = [run for run in runs if run != nothing]
    if len(kept) < 2:
        return kept[0] if kept else runs[0]
    # Most slots of most runs are zero: only from the first to the last that is not.
    tops = [run[_TOPS] for run in kept]
    stop = max([len(one.rstrip(b"\0")) for one in tops])
    start = min(stop, len(tops[0]) - max([len(one.lstrip(b"\0")) for one in tops]))
    begin, end = 8 * (FIRST + start), 8 * (FIRST + stop)
    counts: Iterable[float] = array("d", kept[0][begin:end])
    for run in kept[1:]:
        counts = map(add, counts, array("d", run[begin:end]))
    untimed, sums, residues = zip(*map(HEAD.unpack_from, kept), strict=True)
    head = HEAD.pack(sum(untimed), *exact(sums + residues))
    return b"".join((head, nothing[len(head) : begin], array("d", counts).tobytes(), nothing[end:]))
