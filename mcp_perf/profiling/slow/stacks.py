"""Where one request was seen while it was in flight, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .requests import Lines

_MOST = 50  # different stacks of one request
_TOLD = 3


class Stacks:
    """How often a request was looked at, and at which stacks it was."""

    __slots__ = ("_numbers", "looks")

    def __init__(self) -> None:
        self.looks = 0
        self._numbers: Counter[Lines] = Counter()

    def add(self, seen: Iterable[Lines]) -> None:
        """In one look it was in these places."""
        self.looks += 1
        for lines in {*seen}:
            if lines not in self._numbers and len(self._numbers) >= _MOST:
                # So one that comes late, and then stays, has its place.
                del self._numbers[min(self._numbers, key=self._numbers.__getitem__)]
            self._numbers[lines] += 1

    def most(self) -> list[tuple[float, Lines]]:
        """Where it was most, each with the share of looks."""
        return [(number / self.looks, lines) for lines, number in self._numbers.most_common(_TOLD)]
