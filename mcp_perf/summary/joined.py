"""Joined: several lists as one, by place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Joined:
    """The places of lists of these lengths, one after another."""

    def __init__(self, lengths: Iterable[int]) -> None:
        self._ends = list(accumulate(lengths))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def at(self, place: int) -> tuple[int, int]:
        """Which list a place is in, and its place there."""
        which = bisect_right(self._ends, place)
        return which, place - (self._ends[which - 1] if which else 0)
