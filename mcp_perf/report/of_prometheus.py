"""Readings of what a Prometheus has scraped, in queries that it can answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from ..promql import Expressions, total_of
from ..remote import Prometheus, TooMuchError
from ..signals import SIGNALS, Signal
from .ranges import Range
from .reading import Figures, Progress, Reading, Slice, Thing
from .spread import Spread, classic, native

_SLICES = 30
_SCRAPES = 4  # that a slice has at least
_LOOK = 600  # seconds in which they are counted
_USUAL = 1 / 15  # of them in a second
_POINTS = 1000  # that are asked for at once
_LEAST = 5  # seconds, below which nothing is cut

Key: TypeAlias = tuple[str, ...]
# By the values of the labels, what has come.
Sums: TypeAlias = dict[Key, float]
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
        whole, slices = _Parts(asked), [_Parts(one) for one in ranges]
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

    def _questions(self, signal: Signal) -> Iterator[tuple[Key, Expression, Callable[[_Parts, Sums], None]]]:
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

    def _natively(self, signal: Signal, several: Sequence[_Parts]) -> None:
        """Read native histograms, where there are no classic ones."""
        if not several[0].lacks_durations(signal):
            return

        def come(window: str) -> str:
            return self._expressions.come(signal.duration, window, signal.things)

        for parts in several:
            parts.add_native(signal, self._spreads(come, signal.things, parts.range))
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


class _Parts:
    """What has come in one range, as it is put together."""

    def __init__(self, asked: Range) -> None:
        self.range = asked
        self._events: dict[Thing, dict[str, float]] = {}
        self._seconds: dict[Thing, float] = {}
        self._spreads: dict[Thing, Spread] = {}

    def add_events(self, signal: Signal, sums: Sums) -> None:
        """By the labels of a thing and the outcome."""
        for (*labels, outcome), events in sums.items():
            self._events.setdefault(Thing(signal, tuple(labels)), {})[outcome] = events

    def add_seconds(self, signal: Signal, sums: Sums) -> None:
        """By the labels of a thing, the durations of all added up."""
        self._seconds.update({Thing(signal, labels): seconds for labels, seconds in sums.items()})

    def add_buckets(self, signal: Signal, sums: Sums) -> None:
        """By the labels of a thing and the upper bound of a classic bucket, what is below that."""
        cumulative: dict[Thing, dict[float, float]] = {}
        for (*labels, bound), count in sums.items():
            cumulative.setdefault(Thing(signal, tuple(labels)), {})[float(bound)] = count
        self._spreads.update({thing: classic(one) for thing, one in cumulative.items()})

    def add_native(self, signal: Signal, spreads: Mapping[Key, Spread]) -> None:
        """By the labels of a thing."""
        self._spreads.update({Thing(signal, labels): one for labels, one in spreads.items()})

    def lacks_durations(self, signal: Signal) -> bool:
        """Whether something has come of it, and nobody knows how long it took."""
        has_come = any(thing.signal is signal for thing in self._events)
        return has_come and not any(thing.signal is signal for thing in self._spreads)

    def slice(self) -> Slice:
        """What that was."""
        things = {thing: self._figures([thing]) for thing in self._events}
        came = {thing: one for thing, one in things.items() if one.events}
        totals = {signal: self._figures([one for one in came if one.signal is signal]) for signal in SIGNALS}
        return Slice(self.range, float(self.range.seconds), came, totals)

    def _figures(self, things: Sequence[Thing]) -> Figures:
        spread = Spread()
        for thing in things:
            spread.add(self._spreads.get(thing, Spread()))
        pairs = [(thing, outcome, one) for thing in things for outcome, one in self._events[thing].items()]
        seconds = [self._seconds[thing] for thing in things if thing in self._seconds]
        timed = sum(spread.counts.values())
        return Figures(
            sum(events for _, _, events in pairs),
            sum(events for thing, outcome, events in pairs if thing.signal.is_failure(outcome)),
            sum(seconds) / timed if timed and seconds else None,
            *(spread.quantile(share) for share in (0.5, 0.9, 0.95, 0.99)),
        )


def _keyed(vector: Mapping[tuple[tuple[str, str], ...], float], labels: Key) -> Sums:
    found: Sums = {}
    for series, value in vector.items():
        key = _key(series, labels)
        found[key] = found.get(key, 0.0) + value
    return found


def _key(series: tuple[tuple[str, str], ...], labels: Key) -> Key:
    values = dict(series)
    return tuple(values.get(label, "") for label in labels)
