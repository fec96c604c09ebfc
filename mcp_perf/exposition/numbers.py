"""The lines of counters and gauges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..pace import Pace, collected, parts, unpaced
from ..registry.snapshot import FamilyReading
from .column import BLOCK, Column
from .numerals import numerals


class Numbers(Column):
    """The lines of counters and gauges, one a series: what is kept of it is the line up to the number."""

    _EMPTY = ""

    def _marked(self, reading: FamilyReading, pace: Pace) -> Sequence[Any]:
        values = reading.values
        # A gauge's negative zero is equal to zero, and reads differently.
        if reading.description.kind == "gauge" and 0.0 in values:
            return collected((value or repr(value) for value in values), pace)
        return values

    def _text(self, texts: tuple[bytes, ...]) -> str:
        return self._filled(0, texts, (b"",)).decode() if self._lines else ""

    def _write(self, places: Sequence[int], values: Sequence[Any], pace: Pace = unpaced) -> None:
        for lines in self._lines:
            if len(places) == len(lines):
                lines[:] = numerals(values, pace)
                continue
            for block in parts(places, BLOCK):
                written = numerals([values[place] for place in block], pace)
                for place, line in zip(block, written, strict=True):
                    lines[place] = line

    def written(self, pace: Pace = unpaced) -> list[list[bytes]]:
        """What the series write."""
        return [
            collected((self._block(first, lines) for first in range(0, len(lines), BLOCK)), pace, size=1)
            for lines in self._lines
        ]

    def _block(self, first: int, lines: list[str]) -> bytes:
        """A block of lines."""
        texts, written = self._texts[first : first + BLOCK], lines[first : first + BLOCK]
        if self._has_gaps:
            return "".join([text + line for text, line in zip(texts, written, strict=True) if line]).encode()
        both = texts * 2
        both[::2], both[1::2] = texts, written
        return "".join(both).encode()
