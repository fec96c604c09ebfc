"""What timed runs say, each read once: events, sum and counts."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from operator import add
from typing import NamedTuple

from ..storage.grid import Grid
from ..storage.records import FIRST, HEAD, SUM, UNTIMED, exact, occupied, timed_length

_SUMS = 1000  # that are added at once


class Observed(NamedTuple):
    """A timed record, or several together: the `counts` from slot `start` on, all others being zero.

    `events` were observed or not; `sums` add up to the sum of what was.
    """

    events: float
    sums: tuple[float, ...]
    start: int
    counts: Sequence[float]

    def without_counts(self) -> Observed:
        """Its events, of which nobody knows how long they took: what is left over other buckets."""
        return Observed(self.events, (0.0,), 0, ())


def observed(run: bytes) -> Observed:
    """What a run says, as a reading holds it."""
    start, counts = occupied(run)
    untimed, *sums = HEAD.unpack_from(run)
    return Observed(untimed + sum(counts), tuple(sums), start, counts)


def together(several: Sequence[Observed]) -> Observed:
    """The sum of what was observed over one grid."""
    if len(several) == 1:
        return several[0]
    events = sum([one.events for one in several])
    total = exact([number for one in several for number in one.sums])
    timed = [one for one in several if one.counts]
    if not timed:
        return Observed(events, total, 0, ())
    start = min([one.start for one in timed])
    stop = max([one.start + len(one.counts) for one in timed])
    counts = [0.0] * (stop - start)
    for one in timed:
        place = slice(one.start - start, one.start - start + len(one.counts))
        counts[place] = map(add, counts[place], one.counts)
    return Observed(events, total, start, counts)


class Total:
    """The sum of many that were observed over one grid of `size` slots, added one by one."""

    def __init__(self, size: int) -> None:
        self._events = 0.0
        self._sums: list[float] = []
        self._counts = [0.0] * size

    def add(self, one: Observed) -> None:
        """Have this, too."""
        self._events += one.events
        self._sums += one.sums
        if len(self._sums) > _SUMS:
            self._sums = list(exact(self._sums))
        place = slice(one.start, one.start + len(one.counts))
        self._counts[place] = map(add, self._counts[place], one.counts)

    def observed(self) -> Observed:
        """All of them."""
        places = [place for place, count in enumerate(self._counts) if count]
        if not places:
            return Observed(self._events, exact(self._sums), 0, ())
        counts = self._counts[places[0] : places[-1] + 1]
        return Observed(self._events, exact(self._sums), places[0], counts)


def run_of(grid: Grid, one: Observed) -> bytes:
    """A run that says the same, as a reading holds it."""
    slots = array("d", bytes(8 * timed_length(grid)))
    slots[UNTIMED], slots[SUM] = one.events - sum(one.counts), sum(one.sums)
    slots[FIRST + one.start : FIRST + one.start + len(one.counts)] = array("d", one.counts)
    return slots.tobytes()
