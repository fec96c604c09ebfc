"""The ready lines of a family's series, of which only those that have changed are written again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import compress, count
from math import nan
from operator import ne
from typing import Any, ClassVar

from ...pace import Pace, collected, parts, unpaced
from ...registry.snapshot import FamilyReading
from .layout import Layout
from .tails import NO_TAILS, Tails

Labels = tuple[str, ...]

BLOCK = 1000  # series that are joined at once
_SAMPLE = 32  # series that stand for all


class FamilyLines(ABC):
    """The lines of all series, for each pattern of the layout."""

    _EMPTY: ClassVar[Any]

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._labels: tuple[Labels, ...] = ()
        self._texts: list[Any] = []
        self._kept: list[Any] = []  # of its numbers
        self._lacks_texts = False
        # What a line was written for: not equal to itself where it has yet to be written.
        self._marks: Sequence[Any] = []
        self._has_gaps = False  # whether a series has no line
        # Where the series of some labels are, since somebody has asked.
        self._places: dict[Labels, int] = {}
        self._placed: object = None
        # What was kept of them, their tails, and both together.
        self._tailed: dict[Labels, tuple[Any, Mapping[int, bytes], Any]] = {}

    def render(self, reading: FamilyReading, pace: Pace = unpaced) -> list[Exception]:
        """Bring the lines up to a reading; gives why series have none, for each of these."""
        if len(reading.labels) != len(reading.values):
            raise ValueError(f"{len(reading.labels)} series with {len(reading.values)} values")
        if not self._layout.patterns:
            return []
        self._follow(reading.labels, pace)
        marks = self._marked(reading, pace)
        changed = self._changed(marks, pace)
        self._marks = marks
        errors: list[Exception] = []
        if self._lacks_texts or not self._are_written(changed, reading.values, pace):
            errors = self._write_singly(changed, reading.values)
        self._has_gaps = bool(errors)
        return errors

    def written(self, pace: Pace = unpaced, tails: Tails = NO_TAILS) -> list[list[bytes]]:
        """What the series write, in parts, for each pattern of the layout, with `tails` behind numbers."""
        kept, followed = self._kept, self._with_tails(tails, pace) if tails else {}
        if followed:
            kept = kept.copy()
            for place, one in followed.items():
                kept[place] = one
        patterns = range(len(self._layout.patterns))
        return [collected(self._parts(number, kept, followed), pace, size=1) for number in patterns]

    def _with_tails(self, tails: Tails, pace: Pace) -> dict[int, Any]:
        """What is kept of the series that have tails, with these."""
        if self._placed is not self._labels:
            self._places = {}
            for block in parts(zip(self._labels, count()), BLOCK):
                self._places.update(block)
                pace()
            self._placed = self._labels
        found: dict[int, Any] = {}
        known, self._tailed = self._tailed, {}
        for labels, some in tails.items():
            place = self._places.get(labels)
            if place is None or self._kept[place] == self._EMPTY:
                continue
            kept, before = self._kept[place], known.get(labels)
            if before is None or before[0] is not kept or before[1] is not some:
                before = kept, some, self._followed(kept, some)
                pace()
            self._tailed[labels] = before
            found[place] = before[2]
        return found

    @abstractmethod
    def _followed(self, kept: Any, tails: Mapping[int, bytes]) -> Any:
        """What is kept of a series, with tails behind some of its numbers."""

    @abstractmethod
    def _parts(self, number: int, kept: Sequence[Any], followed: Collection[int]) -> Iterator[bytes]:
        """The lines of that metric, where this is `kept`: not for series at `followed` what is ready."""

    @abstractmethod
    def _marked(self, reading: FamilyReading, pace: Pace) -> Sequence[Any]:
        """For each series what is not equal to what it was before where its value has changed."""

    @abstractmethod
    def _text(self, texts: tuple[bytes, ...]) -> Any:
        """What is kept for a series whose labels read so, group by group."""

    @abstractmethod
    def _write(self, places: Sequence[int], values: Sequence[Any], pace: Pace = unpaced) -> None:
        """Write the lines of the series at `places`."""

    def _changed(self, marks: Sequence[Any], pace: Pace) -> Sequence[int]:
        """Where marks have changed; everywhere, if it is not worth looking for the few that have not."""
        step = len(marks) // _SAMPLE
        if step and all(map(ne, self._marks[::step], marks[::step])):
            return range(len(marks))
        return collected(compress(count(), collected(map(ne, self._marks, marks), pace)), pace)

    def _are_written(self, places: Sequence[int], values: Sequence[Any], pace: Pace) -> bool:
        """Write the lines of the series at `places`: whether all could be."""
        try:
            self._write(places, values, pace)
        except Exception:
            return False  # for each of them to find again
        return True

    def _write_singly(self, places: Sequence[int], values: Sequence[Any]) -> list[Exception]:
        errors = []
        self._marks = list(self._marks)
        for place in places:
            try:
                if self._texts[place] is None:
                    self._texts[place] = self._labelled(self._labels[place])
                self._write((place,), values)
            except Exception as error:
                errors.append(error)
                self._marks[place] = nan
                self._leave_out(place)
        return errors

    def _leave_out(self, place: int) -> None:
        self._kept[place] = self._EMPTY

    def _follow(self, labels: tuple[Labels, ...], pace: Pace) -> None:
        """Have a row for each of these series, with what was there of it."""
        if labels is not self._labels and labels != self._labels:
            known = len(self._labels)
            new: Sequence[int]
            if labels[:known] == self._labels:  # as when series come
                new = range(known, len(labels))
                self._texts += [None] * len(new)
                self._marks = [*self._marks, *[nan] * len(new)]
                self._kept += [self._EMPTY] * len(new)
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
        for block in parts(zip(self._labels, count()), BLOCK):
            old.update(block)
            pace()
        places = collected((old.get(one, -1) for one in labels), pace)
        self._texts = _moved(self._texts, places, None, pace)
        self._marks = _moved(self._marks, places, nan, pace)
        self._kept = _moved(self._kept, places, self._EMPTY, pace)
        return [place for place, before in enumerate(places) if before < 0]

    def _labelled(self, labels: Labels) -> Any:
        escaped = [_escaped(value) for value in labels]
        return self._text(tuple([group.text(escaped).encode() for group in self._layout.groups]))


def _moved(rows: Sequence[Any], places: Sequence[int], missing: Any, pace: Pace) -> list[Any]:
    return collected((missing if place < 0 else rows[place] for place in places), pace)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
