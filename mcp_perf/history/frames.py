"""Frames: what came in one step, as bytes that say which series they are about.

A frame is compressed lines of JSON. The first is its head; families and series are numbered in the order in
which lines of the same segment (see `segments`) name them first:

- ``["frame", end, seconds, is whole, process, gauges]``: seconds since the epoch, how long the step was, and
  what was there at its end
- ``["family", {…}]`` describes a family
- ``["series", family, [[label values], …]]``
- ``["left", [series, …]]``: these had left before, or were reset
- ``["values", [series, …], [value, …]]``: counters by what has come, gauges by what they read
- ``["timed", [[series, events, sum, first slot, count, …], …]]``
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ..pace import Pace, parts, unpaced
from ..registry.description import FamilyDescription
from ..registry.observed import Observed
from ..workers.files.index import described, description_of
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
        self._series: list[tuple[FamilyDescription, Labels]] = []
        self._numbers: dict[FamilyDescription, tuple[int, dict[Labels, int]]] = {}

    def numbered(self, family: FamilyChange) -> Iterator[list[Any]]:
        """The lines that name what was not named yet of a family."""
        description = family.description
        if description not in self._numbers:
            yield self._noted(["family", described(description)])
        number, series = self._numbers[description]
        new = (labels for labels in chain(family.left, family.amounts) if labels not in series)
        for some in parts(new, _LINE):
            yield self._noted(["series", number, some])

    def numbers_of(self, description: FamilyDescription) -> Mapping[Labels, int]:
        """The numbers of the series of a family."""
        return self._numbers[description][1]

    def of(self, number: int) -> tuple[FamilyDescription, Labels]:
        """The series of that number."""
        return self._series[number]

    def _noted(self, line: list[Any]) -> list[Any]:
        self.read(line)
        return line

    def read(self, line: list[Any]) -> None:
        """Take note of what a line names."""
        if line[0] == "family":
            description = description_of(line[1])
            self._numbers[description] = len(self._families), {}
            self._families.append(description)
        elif line[0] == "series":
            description = self._families[line[1]]
            series = self._numbers[description][1]
            for labels in map(tuple, line[2]):
                series[labels] = len(self._series)
                self._series.append((description, labels))


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
            rows = [(numbers[labels], amount) for labels, amount in some]
            if family.description.kind == "timed":
                yield ["timed", [_timed(number, one) for number, one in rows if isinstance(one, Observed)]]
            else:
                yield ["values", [number for number, _ in rows], [_short(one) for _, one in rows]]


def _timed(number: int, one: Observed) -> list[Any]:
    return [number, _short(one.events), sum(one.sums), one.start, *map(_short, one.counts)]


def _short(value: Any) -> Any:
    """A whole number without ``.0``."""
    return int(value) if value.is_integer() and value else value


def _add(change: Change, line: list[Any], names: Names) -> None:
    kind, *columns = line
    if kind == "left":
        one = FamilyChange(
            names.of(columns[0][0])[0], left=frozenset(names.of(number)[1] for number in columns[0])
        )
    elif kind == "values":
        one = FamilyChange(names.of(columns[0][0])[0])
        for number, value in zip(*columns, strict=True):
            one.amounts[names.of(number)[1]] = float(value)
    else:
        one = FamilyChange(names.of(columns[0][0][0])[0])
        for number, events, total, start, *counts in columns[0]:
            one.amounts[names.of(number)[1]] = Observed(float(events), (total,), start, counts)
    change.put(one)
