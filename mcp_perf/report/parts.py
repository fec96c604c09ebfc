"""Parts: what has come in one range, as it is put together of what a Prometheus answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ..signals import SIGNALS, Signal
from .ranges import Range
from .reading import QUANTILES, Figures, Slice, Thing
from .spread import Spread, classic

Key: TypeAlias = tuple[str, ...]
# By the values of the labels, what has come.
Sums: TypeAlias = dict[Key, float]


class Parts:
    """What has come in a range, of which all is `known` until something else is said."""

    def __init__(self, asked: Range) -> None:
        self.range = asked
        self.known = float(asked.seconds)
        self._events: dict[Thing, dict[str, float]] = {}
        self._seconds: dict[Thing, float] = {}
        self._spreads: dict[Thing, Spread] = {}

    def add_events(self, signal: Signal, sums: Sums) -> None:
        """By the labels of a thing and the outcome."""
        for (*labels, outcome), events in sums.items():
            self._events.setdefault(Thing(signal, tuple(labels)), {})[outcome] = events

    def add_seconds(self, signal: Signal, sums: Sums) -> None:
        """By the labels of a thing, the durations of all added up."""
        for labels, seconds in sums.items():
            thing = Thing(signal, labels)
            self._seconds[thing] = self._seconds.get(thing, 0.0) + seconds

    def add_buckets(self, signal: Signal, sums: Sums) -> None:
        """By the labels of a thing and the upper bound of a classic bucket, what is below that."""
        cumulative: dict[Key, dict[float, float]] = {}
        for (*labels, bound), count in sums.items():
            below = cumulative.setdefault(tuple(labels), {})
            # Some write 1 and some 1.0, which are two sums of one bucket.
            below[float(bound)] = below.get(float(bound), 0.0) + count
        self.add_spreads(signal, {labels: classic(one) for labels, one in cumulative.items()})

    def add_spreads(self, signal: Signal, spreads: Mapping[Key, Spread]) -> None:
        """By the labels of a thing."""
        for labels, one in spreads.items():
            self._spreads.setdefault(Thing(signal, labels), Spread()).add(one)

    def lacks_durations(self, signal: Signal) -> bool:
        """Whether something has come of it, and nobody knows how long it took."""
        has_come = any(thing.signal is signal for thing in self._events)
        return has_come and not any(thing.signal is signal for thing in self._spreads)

    def slice(self) -> Slice:
        """What that was."""
        things = {thing: self._figures([thing]) for thing in self._events}
        came = {thing: one for thing, one in things.items() if one.events}
        totals = {signal: self._figures([one for one in came if one.signal is signal]) for signal in SIGNALS}
        return Slice(self.range, self.known, came, totals)

    def _figures(self, things: Sequence[Thing]) -> Figures:
        spread = Spread()
        for thing in things:
            spread.add(self._spreads.get(thing, Spread()))
        pairs = [(thing, outcome, one) for thing in things for outcome, one in self._events[thing].items()]
        seconds = [self._seconds[thing] for thing in things if thing in self._seconds]
        timed = sum(spread.counts.values())
        found = dict(zip(QUANTILES, spread.quantiles(QUANTILES.values()), strict=True))
        p50, p90, p95, p99 = (one.seconds if one is not None else None for one in found.values())
        return Figures(
            sum(events for _, _, events in pairs),
            sum(events for thing, outcome, events in pairs if thing.signal.is_failure(outcome)),
            sum(seconds) / timed if timed and seconds else None,
            p50,
            p90,
            p95,
            p99,
            frozenset(name for name, one in found.items() if one is not None and one.beyond),
        )
