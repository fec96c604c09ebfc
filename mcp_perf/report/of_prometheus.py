"""Readings of what a Prometheus has scraped, in queries that it can answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from ..promql import Expressions, total_of
from ..remote import Prometheus, TooMuchError
from ..signals import SIGNALS, Signal
from .parts import Key, Parts, Sums
from .ranges import Range
from .reading import Progress, Reading
from .spread import Spread, native

_SLICES = 30
_SCRAPES = 4  # that a slice has at least
_LOOK = 600  # seconds in which they are counted
_USUAL = 1 / 15  # of them in a second
_POINTS = 1000  # that are asked for at once
_LEAST = 5  # seconds, below which nothing is cut

Expression: TypeAlias = Callable[[str], str]  # of a window

T = TypeVar("T")


class OfPrometheus:
    """Asks what has come in a range, and in its slices, of all that the expressions choose."""

    def __init__(self, prometheus: Prometheus, expressions: Expressions) -> None:
        self._prometheus = prometheus
        self._expressions = expressions

    def width(self, asked: Range) -> int:
        """A thirtieth of the range, but no less than four scrapes."""
        seconds = min(asked.seconds, _LOOK)
        found = self._prometheus.at(self._expressions.scrapes(f"{seconds}s"), asked.end)
        # Nothing, where the service was gone at the end of the range.
        least = math.ceil(_SCRAPES * seconds / max(found.values(), default=_USUAL * seconds))
        return min(max(asked.seconds // _SLICES, least), asked.seconds)

    def reading(self, asked: Range, width: int, progress: Progress) -> Reading:
        """See `Source`."""
        ranges = asked.slices(width)
        whole, slices = Parts(asked), [Parts(one) for one in ranges]
        done = 0
        for signal in SIGNALS:
            for labels, expression, add in self._questions(signal):
                for one, sums in zip(slices, self._slices(expression, labels, ranges), strict=True):
                    add(one, sums)
                add(whole, self._sums(expression, labels, asked))
                done += 1
                progress(done / (3 * len(SIGNALS)))
            self._natively(signal, [whole, *slices])
        return Reading(self._name, whole.slice(), [one.slice() for one in slices])

    @property
    def _name(self) -> str:
        return ", ".join(self._expressions.matchers) or self._prometheus.client.url

    def _questions(self, signal: Signal) -> Iterator[tuple[Key, Expression, Callable[[Parts, Sums], None]]]:
        """By what is asked of a signal, how, and what is done with it."""
        ask, things = self._expressions, signal.things
        outcomes, bounds = (*things, signal.outcome), (*things, "le")
        yield (
            outcomes,
            lambda window: ask.come(signal.total, window, outcomes),
            (lambda parts, sums: parts.add_events(signal, sums)),
        )
        yield (
            things,
            lambda window: ask.come(f"{signal.duration}_sum", window, things),
            (lambda parts, sums: parts.add_seconds(signal, sums)),
        )
        yield (
            bounds,
            lambda window: ask.come(f"{signal.duration}_bucket", window, bounds),
            (lambda parts, sums: parts.add_buckets(signal, sums)),
        )

    def _sums(self, expression: Expression, labels: Key, asked: Range) -> Sums:
        """What has come in a range; in halves, added up, where that is too much at once."""
        try:
            return _keyed(self._prometheus.at(expression(f"{asked.seconds}s"), asked.end), labels)
        except TooMuchError:
            if asked.seconds < 2 * _LEAST:
                raise
        found: Sums = {}
        for half in asked.halves():
            for key, value in self._sums(expression, labels, half).items():
                found[key] = found.get(key, 0.0) + value
        return found

    def _slices(self, expression: Expression, labels: Key, ranges: Sequence[Range]) -> list[Sums]:
        """What has come in each of these, which are side by side."""
        if len(ranges) > _POINTS:
            return self._halves(expression, labels, ranges)
        if len(ranges) == 1:
            return [self._sums(expression, labels, ranges[0])]
        try:
            width = ranges[0].seconds
            rows = self._prometheus.over(expression(f"{width}s"), ranges[0].end, ranges[-1].end, width)
        except TooMuchError:
            return self._halves(expression, labels, ranges)
        found: list[Sums] = [{} for _ in ranges]
        for series, values in rows.items():
            key = _key(series, labels)
            for moment, value in values.items():
                place = round((moment - ranges[0].end) / width)
                found[place][key] = found[place].get(key, 0.0) + value
        return found

    def _halves(self, expression: Expression, labels: Key, ranges: Sequence[Range]) -> list[Sums]:
        middle = len(ranges) // 2
        return [
            *self._slices(expression, labels, ranges[:middle]),
            *self._slices(expression, labels, ranges[middle:]),
        ]

    def _natively(self, signal: Signal, several: Sequence[Parts]) -> None:
        """Read native histograms, where there are no classic ones."""
        if not several[0].lacks_durations(signal):
            return

        def come(window: str) -> str:
            return self._expressions.come(signal.duration, window, signal.things)

        for parts in several:
            parts.add_spreads(signal, self._spreads(come, signal.things, parts.range))
            seconds = self._sums(lambda window: total_of(come(window)), signal.things, parts.range)
            parts.add_seconds(signal, seconds)

    def _spreads(self, expression: Expression, labels: Key, asked: Range) -> dict[Key, Spread]:
        """What has come to native histograms in a range; in halves where that is too much at once."""
        try:
            found = self._prometheus.histograms(expression(f"{asked.seconds}s"), asked.end)
            return {_key(series, labels): native(one) for series, one in found.items()}
        except TooMuchError:
            if asked.seconds < 2 * _LEAST:
                raise
        spreads: dict[Key, Spread] = {}
        for half in asked.halves():
            for key, one in self._spreads(expression, labels, half).items():
                spreads.setdefault(key, Spread()).add(one)
        return spreads


def _keyed(vector: Mapping[tuple[tuple[str, str], ...], float], labels: Key) -> Sums:
    found: Sums = {}
    for series, value in vector.items():
        key = _key(series, labels)
        found[key] = found.get(key, 0.0) + value
    return found


def _key(series: tuple[tuple[str, str], ...], labels: Key) -> Key:
    values = dict(series)
    return tuple(values.get(label, "") for label in labels)
