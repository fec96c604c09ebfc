"""Frames: what came in one step, as bytes that say which series they are about.

A frame is compressed lines of JSON. The first is its head; families and series are numbered in the order in
which lines of the same segment (see `segments`) name them first:

- ``["frame", end, seconds, is whole, process, gauges]``: seconds since the epoch, how long the step was, and
  what was there at its end
- ``["family", {…}]`` describes a family
- ``["series", family, [[label values], …]]``
- ``["left", [series, …]]``: these had left before, or were reset
- ``["values", [series, …], [value, …]]``: counters by what has come, gauges by what they read
- ``["timed", [series, …], [events, …], [sum, …], [first slot, …], [number of counts, …], [count, …]]``
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, repeat
from math import isfinite
from typing import Any

from ..pace import Pace, parts, unpaced
from ..registry.description import FamilyDescription
from ..registry.description_json import described, description_of
from ..registry.observed import Observed
from .change import Change, FamilyChange, Labels

_LINE = 128  # series
_LEVEL = 1  # of compression: the quickest
_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class Frame:
    """What has come in the `seconds` up to `ended`, which is in seconds since the epoch.

    `process` adds up what the operating system says of all workers: CPU seconds that were spent in the step,
    bytes of memory and file descriptors at its end; `gauges` adds up those of the toolkit by their family's
    key. A whole frame is all that there was at its end.
    """

    ended: float
    seconds: float
    change: Change
    process: Mapping[str, float] = field(default_factory=dict)
    gauges: Mapping[str, float] = field(default_factory=dict)
    is_whole: bool = False


# Whether the change of a frame is, given all else of it.
IsWanted = Callable[[Frame], bool]


class Names:
    """The families and the series that a segment has named, by number."""

    def __init__(self) -> None:
        self._families: list[FamilyDescription] = []
        self._of: list[FamilyDescription] = []
        self._labels: list[Labels] = []
        # For who writes, made from these when it is needed first.
        self._numbers: dict[FamilyDescription, tuple[int, dict[Labels, int]]] | None = None

    def numbered(self, family: FamilyChange) -> Iterator[list[Any]]:
        """The lines that name what was not named yet of a family."""
        description = family.description
        if description not in self._written():
            yield self._noted(["family", described(description)])
        number, series = self._written()[description]
        new = (labels for labels in chain(family.left, family.amounts) if labels not in series)
        for some in parts(new, _LINE):
            yield self._noted(["series", number, some])

    def numbers_of(self, description: FamilyDescription) -> Mapping[Labels, int]:
        """The numbers of the series of a family."""
        return self._written()[description][1]

    def rows(self, numbers: Sequence[int]) -> tuple[FamilyDescription, list[Labels]]:
        """The series of these numbers, which are of one family."""
        return self._of[numbers[0]], [self._labels[number] for number in numbers]

    def read(self, line: list[Any]) -> None:
        """Take note of what a line names."""
        if line[0] == "family":
            self._families.append(description_of(line[1]))
            if self._numbers is not None:
                self._numbers[self._families[-1]] = len(self._families) - 1, {}
            return
        description, first = self._families[line[1]], len(self._labels)
        self._labels += map(tuple, line[2])
        self._of += repeat(description, len(line[2]))
        if self._numbers is not None:
            self._numbers[description][1].update(zip(self._labels[first:], count(first)))

    def _written(self) -> dict[FamilyDescription, tuple[int, dict[Labels, int]]]:
        if self._numbers is None:
            self._numbers = {one: (number, {}) for number, one in enumerate(self._families)}
            for number, (description, labels) in enumerate(zip(self._of, self._labels, strict=True)):
                self._numbers[description][1][labels] = number
        return self._numbers

    def _noted(self, line: list[Any]) -> list[Any]:
        self.read(line)
        return line


def encoded(frame: Frame, names: Names, pace: Pace = unpaced) -> bytes:
    """The bytes of a frame in a segment that has these names."""
    compress = zlib.compressobj(_LEVEL)
    found = []
    for line in _lines(frame, names):
        found.append(compress.compress(_encode(line).encode() + b"\n"))
        pace()
    return b"".join([*found, compress.flush()])


def decoded(data: bytes, names: Names, is_wanted: IsWanted, pace: Pace = unpaced) -> Frame:
    """The frame of these bytes, with what it adds to `names`; without the change if that is not wanted."""
    head, *lines = zlib.decompress(data).splitlines()
    _, ended, seconds, is_whole, process, gauges = json.loads(head)
    change = Change()
    frame = Frame(ended, seconds, change, process, gauges, is_whole)
    has_change = is_wanted(frame)
    for text in lines:
        if text.startswith((b'["family"', b'["series"')):
            names.read(json.loads(text))
        elif has_change:
            _add(change, json.loads(text), names)
        pace()
    return frame


def _lines(frame: Frame, names: Names) -> Iterator[list[Any]]:
    levels = dict(frame.process), dict(frame.gauges)
    yield ["frame", frame.ended, frame.seconds, frame.is_whole, *levels]
    for family in frame.change:
        yield from names.numbered(family)
        numbers = names.numbers_of(family.description)
        if family.left:
            yield ["left", [numbers[labels] for labels in family.left]]
        for some in parts(family.amounts.items(), _LINE):
            series = [numbers[labels] for labels, _ in some]
            if family.description.kind == "timed":
                yield ["timed", series, *_columns([one for _, one in some if isinstance(one, Observed)])]
            else:
                yield ["values", series, [_short(one) for _, one in some if isinstance(one, float)]]


def _columns(rows: Sequence[Observed]) -> list[list[Any]]:
    return [
        [_short(one.events) for one in rows],
        [sum(one.sums) for one in rows],
        [one.start for one in rows],
        [len(one.counts) for one in rows],
        [_short(count) for one in rows for count in one.counts],
    ]


def _short(value: float) -> float:
    """A whole number without ``.0``."""
    whole = int(value) if isfinite(value) else 0
    return whole if whole == value and value else value


def _add(change: Change, line: list[Any], names: Names) -> None:
    kind, numbers, *columns = line
    description, rows = names.rows(numbers)
    if kind == "left":
        change.put(FamilyChange(description, left=frozenset(rows)))
    elif kind == "values":
        change.put(FamilyChange(description, dict(zip(rows, map(float, columns[0]), strict=True))))
    else:
        change.put(FamilyChange(description, dict(zip(rows, _observed(*columns), strict=True))))


def _observed(
    events: list[float], sums: list[float], starts: list[int], lengths: list[int], counts: list[float]
) -> Iterator[Observed]:
    end = 0
    for number, total, start, length in zip(events, sums, starts, lengths, strict=True):
        begin, end = end, end + length
        yield Observed(number, (total,), start, counts[begin:end])
