"""The lines of timed records."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from ..pace import Pace, collected, parts, unpaced
from ..registry.snapshot import Distribution, FamilyReading
from ..storage.records import FIRST
from .column import BLOCK, Column
from .numerals import numeral, numeral_of_count

_RUNS = 64  # timed records that are looked at in one go
_UNTIMED_AND_SUM = struct.Struct("2d")


class Histograms(Column):
    """The lines of timed records.

    The numbers of a series are those of its buckets, the sum, and the events. What is kept of it are the
    texts of its labels.
    """

    _EMPTY = b""

    def _marked(self, reading: FamilyReading, pace: Pace) -> Sequence[Any]:
        return collected(map(hash, reading.raw), pace, _RUNS)

    def _text(self, texts: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return texts

    def _write(self, places: Sequence[int], values: Sequence[Any], pace: Pace = unpaced) -> None:
        for place in places:
            pace()
            texts, numerals = self._texts[place], _numerals(values[place])
            for number, lines in enumerate(self._lines):
                lines[place] = self._filled(number, texts, numerals)

    def written(self, pace: Pace = unpaced) -> list[list[bytes]]:
        """What the series write."""
        return [collected(map(b"".join, parts(lines, BLOCK)), pace, size=1) for lines in self._lines]


def _numerals(value: Distribution) -> list[bytes]:
    counts = value.grid.totals(value.run, FIRST)
    untimed, total = _UNTIMED_AND_SUM.unpack_from(value.run)
    return [*map(numeral_of_count, counts), numeral(total).encode(), numeral_of_count(untimed + counts[-1])]
