"""Columns: the ready lines of a family's series, of which only those that have changed are written again."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from itertools import compress, count
from math import nan
from operator import itemgetter, ne
from typing import Any, ClassVar

from ..pace import Pace, collected, parts, unpaced
from ..registry.snapshot import Distribution, Distributions, FamilyReading
from ..storage.records import FIRST
from .layout import Layout
from .numerals import numeral, numeral_of_count, numerals

Labels = tuple[str, ...]

_BLOCK = 1000  # series that are joined at once
_RUNS = 64  # timed records that are looked at in one go
_NEGATIVE_ZERO = struct.pack("d", -0.0)
_UNTIMED_AND_SUM = struct.Struct("2d")


def column(layout: Layout, *, is_timed: bool) -> Column:
    """An empty column of a family whose records are timed or not."""
    return Histograms(layout) if is_timed else Numbers(layout)


class Column(ABC):
    """The lines of all series, for each `Lines` of the layout."""

    _EMPTY: ClassVar[Any]

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._lines: list[list[Any]] = [[] for _ in layout.lines]
        self._picks = [itemgetter(*lines.order) if lines.order else None for lines in layout.lines]
        self._labels: tuple[Labels, ...] = ()
        self._texts: list[Any] = []
        self._lacks_texts = False
        # What a line was written for: not equal to itself where it has yet to be written.
        self._marks: list[Any] = []

    def render(self, reading: FamilyReading, pace: Pace = unpaced) -> list[Exception]:
        """Bring the lines up to a reading; gives why series have none, for each of these."""
        if len(reading.labels) != len(reading.values):
            raise ValueError(f"{len(reading.labels)} series with {len(reading.values)} values")
        self._follow(reading.labels, pace)
        values, marks = self._marked(reading.values, pace)
        changed = collected(compress(count(), collected(map(ne, self._marks, marks), pace)), pace)
        self._marks = marks
        if not self._lacks_texts:
            try:
                self._write(changed, values, pace)
                return []
            except Exception:
                pass  # for each of them to find again
        return self._write_singly(changed, values)

    @abstractmethod
    def written(self, pace: Pace = unpaced) -> list[list[bytes]]:
        """What the series write, in parts, for each `Lines` of the layout."""

    @abstractmethod
    def _marked(self, values: Sequence[Any], pace: Pace) -> tuple[Sequence[Any], list[Any]]:
        """The values to write, and marks that are not equal to those before where one has changed."""

    @abstractmethod
    def _text(self, texts: tuple[bytes, ...]) -> Any:
        """What is kept for a series whose labels read so, run by run."""

    @abstractmethod
    def _write(self, places: Sequence[int], values: Sequence[Any], pace: Pace = unpaced) -> None:
        """Write the lines of the series at `places`."""

    def _write_singly(self, places: Sequence[int], values: Sequence[Any]) -> list[Exception]:
        errors = []
        for place in places:
            try:
                if self._texts[place] is None:
                    self._texts[place] = self._labelled(self._labels[place])
                self._write((place,), values)
            except Exception as error:
                errors.append(error)
                self._marks[place] = nan
                for lines in self._lines:
                    lines[place] = self._EMPTY
        return errors

    def _follow(self, labels: tuple[Labels, ...], pace: Pace) -> None:
        """Have a row for each of these series, with what was there of it."""
        if labels is not self._labels and labels != self._labels:
            known = len(self._labels)
            new: Sequence[int]
            if labels[:known] == self._labels:  # as when series come
                new = range(known, len(labels))
                self._texts += [None] * len(new)
                self._marks += [nan] * len(new)
                for lines in self._lines:
                    lines += [self._EMPTY] * len(new)
            else:
                new = self._rearrange(labels, pace)
            for place in new:
                pace()
                try:
                    self._texts[place] = self._labelled(labels[place])
                except Exception:
                    pass  # for `_write_singly` to find again
            self._lacks_texts = None in self._texts
        self._labels = labels

    def _rearrange(self, labels: tuple[Labels, ...], pace: Pace) -> Sequence[int]:
        """Move what there is to the rows of these series; gives those that there was nothing of."""
        old: dict[Labels, int] = {}
        for block in parts(zip(self._labels, count()), _BLOCK):
            old.update(block)
            pace()
        places = collected((old.get(one, -1) for one in labels), pace)
        self._texts = _moved(self._texts, places, None, pace)
        self._marks = _moved(self._marks, places, nan, pace)
        self._lines = [_moved(lines, places, self._EMPTY, pace) for lines in self._lines]
        return [place for place, before in enumerate(places) if before < 0]

    def _labelled(self, labels: Labels) -> Any:
        escaped = [_escaped(value) for value in labels]
        return self._text(tuple([run.text(escaped).encode() for run in self._layout.runs]))

    def _filled(self, number: int, texts: Sequence[bytes], numerals: Sequence[bytes]) -> bytes:
        """The lines of a metric with all that they take."""
        pick = self._picks[number]
        return self._layout.lines[number].form % pick((*texts, *numerals)) if pick else b""


class Numbers(Column):
    """The lines of counters and gauges, one a series: what is kept of it is the line up to the number."""

    _EMPTY = ""

    def _marked(self, values: Sequence[Any], pace: Pace) -> tuple[Sequence[Any], list[Any]]:
        numbers: list[float] = []
        has_negative_zero = False
        try:
            for block in parts(values, _BLOCK):
                floats = array("d", block)
                has_negative_zero = has_negative_zero or _NEGATIVE_ZERO in floats.tobytes()
                numbers += floats
                pace()
        except (OverflowError, TypeError):
            return values, [nan] * len(values)
        return numbers, [number or repr(number) for number in numbers] if has_negative_zero else numbers

    def _text(self, texts: tuple[bytes, ...]) -> str:
        return self._filled(0, texts, (b"",)).decode() if self._lines else ""

    def _write(self, places: Sequence[int], values: Sequence[Any], pace: Pace = unpaced) -> None:
        for lines in self._lines:
            if len(places) == len(lines):
                lines[:] = numerals(values, pace)
                continue
            for block in parts(places, _BLOCK):
                written = numerals([values[place] for place in block], pace)
                for place, line in zip(block, written, strict=True):
                    lines[place] = line

    def written(self, pace: Pace = unpaced) -> list[list[bytes]]:
        """What the series write."""
        return [
            collected((self._joined(first, lines) for first in range(0, len(lines), _BLOCK)), pace, size=1)
            for lines in self._lines
        ]

    def _joined(self, first: int, lines: list[str]) -> bytes:
        """A block of lines."""
        texts, written = self._texts[first : first + _BLOCK], lines[first : first + _BLOCK]
        if not all(written):
            return "".join([text + line for text, line in zip(texts, written, strict=True) if line]).encode()
        parts = texts * 2
        parts[::2], parts[1::2] = texts, written
        return "".join(parts).encode()


class Histograms(Column):
    """The lines of timed records.

    The numbers of a series are those of its buckets, the sum, and the events. What is kept of it are the
    texts of its labels.
    """

    _EMPTY = b""

    def _marked(self, values: Sequence[Any], pace: Pace) -> tuple[Sequence[Any], list[Any]]:
        try:
            runs = values.runs if isinstance(values, Distributions) else [value.run for value in values]
            return values, collected(map(hash, runs), pace, _RUNS)
        except (AttributeError, TypeError):
            return values, [nan] * len(values)

    def _text(self, texts: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return texts

    def _write(self, places: Sequence[int], values: Sequence[Any], pace: Pace = unpaced) -> None:
        for place in places:
            pace()
            texts, numerals = self._texts[place], _numerals(values[place])
            for number, lines in enumerate(self._lines):
                lines[place] = self._filled(number, texts, numerals)

    def written(self, pace: Pace = unpaced) -> list[list[bytes]]:
        """What the series write, metric by metric."""
        return [collected(map(b"".join, parts(lines, _BLOCK)), pace, size=1) for lines in self._lines]


def _numerals(value: Distribution) -> list[bytes]:
    counts = value.grid.totals(value.run, FIRST)
    untimed, total = _UNTIMED_AND_SUM.unpack_from(value.run)
    return [*map(numeral_of_count, counts), numeral(total).encode(), numeral_of_count(untimed + counts[-1])]


def _moved(rows: Sequence[Any], places: Sequence[int], missing: Any, pace: Pace) -> list[Any]:
    return collected((missing if place < 0 else rows[place] for place in places), pace)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
