"""The lines of counters and gauges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ...pace import Pace, collected, parts, unpaced
from ...registry.snapshot import FamilyReading
from .family_lines import BLOCK, FamilyLines
from .numerals import numerals


class PlainLines(FamilyLines):
    """The lines of counters and gauges, one a series: what is kept of it is the line up to the number."""

    _EMPTY = ""

    def _marked(self, reading: FamilyReading, pace: Pace) -> Sequence[Any]:
        values = reading.values
        # A gauge's negative zero is equal to zero, and reads differently.
        if reading.description.kind == "gauge" and 0.0 in values:
            return collected((value or repr(value) for value in values), pace)
        return values

    def _text(self, texts: tuple[bytes, ...]) -> str:
        (pattern,) = self._layout.patterns
        taken = (*texts, b"")
        return (pattern.form % tuple([taken[one] for one in pattern.order])).decode()

    def _write(self, places: Sequence[int], values: Sequence[Any], pace: Pace = unpaced) -> None:
        if len(places) == len(self._kept):
            self._kept = numerals(values, pace)
            return
        for block in parts(places, BLOCK):
            written = numerals([values[place] for place in block], pace)
            for place, line in zip(block, written, strict=True):
                self._kept[place] = line

    def _followed(self, kept: str, tails: Mapping[int, bytes]) -> str:
        return kept + tails[0].decode()

    def _parts(
        self,
        number: int,  # noqa: ARG002 - there is one metric
        kept: Sequence[Any],
        followed: Collection[int],  # noqa: ARG002 - nothing else is kept of them
    ) -> Iterator[bytes]:
        for first in range(0, len(kept), BLOCK):
            yield self._block(self._texts[first : first + BLOCK], list(kept[first : first + BLOCK]))

    def _block(self, texts: list[str], written: list[str]) -> bytes:
        if self._has_gaps:
            return "".join([text + line for text, line in zip(texts, written, strict=True) if line]).encode()
        both = texts * 2
        both[::2], both[1::2] = texts, written
        return "".join(both).encode()
