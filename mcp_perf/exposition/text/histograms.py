"""The lines of timed records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from ...pace import Pace, parts, unpaced
from ...registry.distribution import Numbers
from ...registry.snapshot import FamilyReading
from .family_lines import BLOCK, FamilyLines, Labels
from .layout import Layout, Pattern
from .numerals import numeral, numeral_of_count

_PART = 128  # series whose lines are put together at once
_READY = BLOCK  # series whose lines take little memory
_PLACE = b"\0"  # where labels go: in no name, and in no number

Texts = tuple[bytes, ...]
# Gives the lines of a series, given the texts of its labels and those of its numbers.
Fill = Callable[[Texts, Texts], bytes]


class HistogramLines(FamilyLines):
    """The lines of timed records, which are many and long.

    The numbers of a series are those of its buckets, the sum, the events, and the count. Their texts are
    kept, and the lines themselves of the first series only.
    """

    _EMPTY = None

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self._fills = [_fill(pattern, len(layout.groups)) for pattern in layout.patterns]
        self._ready: list[list[bytes]] = [[] for _ in layout.patterns]

    def _marked(self, reading: FamilyReading, pace: Pace) -> Sequence[Any]:
        return reading.marks(pace)

    def _text(self, texts: Texts) -> Texts:
        return texts

    def _write(self, places: Sequence[int], values: Any, pace: Pace = unpaced) -> None:
        kept, numbers = self._kept, values.numbers
        for place in places:
            pace()
            kept[place] = _written(numbers(place))
            if place < _READY:
                self._make_ready(place)

    def _leave_out(self, place: int) -> None:
        super()._leave_out(place)
        if place < _READY:
            self._make_ready(place)

    def _rearrange(self, labels: tuple[Labels, ...], pace: Pace) -> Sequence[int]:
        new = super()._rearrange(labels, pace)
        self._ready = [[] for _ in self._fills]
        for place in range(min(len(labels), _READY)):
            pace()
            self._make_ready(place)
        return new

    def _make_ready(self, place: int) -> None:
        texts, numbers = self._texts[place], self._kept[place]
        for fill, ready in zip(self._fills, self._ready):  # noqa: B905 - quicker
            if place >= len(ready):
                ready += [b""] * (place + 1 - len(ready))
            ready[place] = fill(texts, numbers) if numbers is not None else b""

    def _followed(self, kept: Texts, tails: Mapping[int, bytes]) -> Texts:
        numbers = list(kept)
        for bucket, tail in tails.items():
            numbers[bucket] += tail
        return tuple(numbers)

    def _parts(self, number: int, kept: Sequence[Any], followed: Collection[int]) -> Iterator[bytes]:
        fill, ready = self._fills[number], self._ready[number]
        if followed:
            ready = ready.copy()
            for place in followed:
                if place < _READY:
                    ready[place] = fill(self._texts[place], kept[place])
        yield from map(b"".join, parts(ready, BLOCK))
        for first in range(_READY, len(kept), _PART):
            rows = zip(self._texts[first : first + _PART], kept[first : first + _PART], strict=True)
            yield b"".join([fill(texts, numbers) for texts, numbers in rows if numbers is not None])


def _written(numbers: Numbers) -> Texts:
    totals, total, events = numbers
    buckets = list(map(numeral_of_count, totals))
    return (*buckets, numeral(total).encode(), numeral_of_count(events), buckets[-1])


def _fill(pattern: Pattern, groups: int) -> Fill:
    labels = {one for one in pattern.order if one < groups}
    if len(labels) != 1:
        pick = itemgetter(*pattern.order) if pattern.order else lambda _: ()
        return lambda texts, numbers: pattern.form % pick((*texts, *numbers))
    group = labels.pop()
    # To put all numbers there first and then the labels everywhere is quicker.
    places = tuple([_PLACE if one < groups else b"%b" for one in pattern.order])
    form = pattern.form.replace(b"%%", b"%%%%") % places
    numbers_of = itemgetter(*[one - groups for one in pattern.order if one >= groups])
    return lambda texts, numbers: (form % numbers_of(numbers)).replace(_PLACE, texts[group])
