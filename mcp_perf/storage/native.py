"""Native histograms: the counts of a grid as spans of neighbouring exponential buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from .grid import Grid


class Span(NamedTuple):
    """Neighbouring buckets: how many, and how many empty ones lie between the span before and them.

    The offset of the first span is the number of its first bucket: bucket 0 ends at 1, the next one at
    ``2 ** (1 / 2 ** schema)``.
    """

    offset: int
    length: int


@dataclass(frozen=True)
class Native:
    """Observations in the zero bucket, and in the others those that are not empty."""

    zero: float
    spans: tuple[Span, ...]
    counts: tuple[float, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all of these are whole numbers."""
        return self.zero.is_integer() and all(count.is_integer() for count in self.counts)

    def deltas(self) -> list[int]:
        """Each count less the one before it, if they are whole."""
        whole = [int(count) for count in self.counts]
        return [after - before for before, after in zip([0, *whole], whole, strict=False)]


def has_native(grid: Grid) -> bool:
    """Whether there is a native histogram of the grid.

    There is none where a classic bound is negative: the grid is exponential above zero only, and all below
    would be in the zero bucket.
    """
    return bool(grid.powers) and grid.classic[0] >= 0


def native(grid: Grid, first: int, counts: Sequence[float]) -> Native:
    """The native histogram of the counts in the slots of `grid` from `first` on, if it `has_native`."""
    found: dict[int, float] = {}
    powers = grid.powers[first : first + len(counts)]
    for power, count in compress(zip(powers, counts, strict=True), counts):
        found[power] = found.get(power, 0.0) + count
    zero = found.pop(grid.powers[0], 0.0)
    return Native(zero, spans_of(found), tuple(found.values()))


def spans_of(powers: Iterable[int]) -> tuple[Span, ...]:
    """The spans of buckets with these numbers, which ascend."""
    offsets: list[int] = []
    lengths: list[int] = []
    end = 0
    for power in powers:
        if lengths and power == end:
            lengths[-1] += 1
        else:
            offsets.append(power - end)
            lengths.append(1)
        end = power + 1
    return tuple(map(Span, offsets, lengths))
