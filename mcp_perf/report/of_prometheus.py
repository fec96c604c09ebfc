"""Readings of what a Prometheus has scraped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from ..promql import Expressions, total_of
from ..remote import Prometheus
from ..signals import SIGNALS, Signal
from .asking import Asking, Expression
from .parts import Key, Parts, Sums
from .ranges import Range
from .reading import Progress, Reading, Widths

_SLICES = 30
_SCRAPES = 4  # that a good slice has
_LEAST = 2  # that any slice has: growth is from one to the next
_LOOK = 600  # seconds in which they are counted
_USUAL = 1 / 15  # of them in a second
_MOMENTS = 300  # at which it is looked in a range whether anything was there
_MOMENTS_OF_SLICE = 20
_FINER = 30  # times as many, where there was something at fewer moments than that


class OfPrometheus:
    """Asks what has come in a range, and in its slices, of all that the expressions choose."""

    def __init__(self, prometheus: Prometheus, expressions: Expressions) -> None:
        self._prometheus = prometheus
        self._ask = Asking(prometheus)
        self._expressions = expressions

    def widths(self, asked: Range) -> Widths:
        """Two scrapes at least, of what is scraped least often; a good one has four, or is a thirtieth."""
        seconds = min(asked.seconds, _LOOK)
        found = self._prometheus.at(self._expressions.scrapes(f"{seconds}s"), asked.end)
        if not found:  # the service was gone at the end of the range
            return Widths(1, min(max(asked.seconds // _SLICES, round(_SCRAPES / _USUAL)), asked.seconds))
        interval = seconds / min(found.values())
        good = max(asked.seconds // _SLICES, math.ceil(_SCRAPES * interval))
        # One scrape more or less has been in the time that was looked at.
        return Widths(min(math.floor(_LEAST * interval), asked.seconds), min(good, asked.seconds))

    def reading(self, asked: Range, width: int, progress: Progress) -> Reading:
        """See `Source`. Slices end at multiples of their width: some servers answer of no other moments."""
        ranges = asked.aligned(width) or [asked]
        whole, slices = Parts(asked), [Parts(one) for one in ranges]
        self._know(whole, slices)
        done = 0
        for signal in SIGNALS:
            for labels, expression, add in self._questions(signal):
                for one, sums in zip(slices, self._ask.slices(expression, labels, ranges), strict=True):
                    add(one, sums)
                add(whole, self._ask.sums(expression, labels, asked))
                done += 1
                progress(done / (3 * len(SIGNALS)))
            self._natively(signal, whole, slices)
        name = ", ".join(self._expressions.matchers) or self._prometheus.client.url
        return Reading(name, whole.slice(), [one.slice() for one in slices], tuple(self._prometheus.warnings))

    def _know(self, whole: Parts, slices: Sequence[Parts]) -> None:
        """Of how many seconds anything is known: those in which a service was there that was scraped."""
        step = max(whole.range.seconds // _MOMENTS, 1)
        found = self._moments(step, whole.range)
        if found < _FINER < whole.range.seconds:
            step = max(step // _FINER, 1)
            found = self._moments(step, whole.range)
        if not found and not self._ask.sums(self._expressions.scrapes, (), whole.range):
            return  # nobody scrapes the metric that says so
        whole.known = _known(max(found, 1), step, whole.range)
        ranges = [one.range for one in slices]
        step = max(ranges[0].seconds // _MOMENTS_OF_SLICE, 1)
        for one, sums in zip(slices, self._ask.slices(self._there(step), (), ranges), strict=True):
            one.known = _known(sums.get((), 0.0), step, one.range)

    def _moments(self, step: int, asked: Range) -> float:
        return self._ask.sums(self._there(step), (), asked).get((), 0.0)

    def _there(self, step: int) -> Expression:
        return lambda window: self._expressions.moments(window, f"{step}s")

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

    def _natively(self, signal: Signal, whole: Parts, slices: Sequence[Parts]) -> None:
        """Read native histograms, where there are no classic ones beside them."""
        ask, things = self._expressions, signal.things
        if whole.lacks_durations(signal):
            for parts in (whole, *slices):
                self._add(
                    signal, lambda window: ask.come(signal.duration, window, things), parts.range, [parts]
                )
        elif any(self._ask.sums(lambda window: ask.natives(signal, window), (), whole.range).values()):
            # What was classic at first and is native now is both in the range, but only one in most slices.
            rest = whole.range.around(slices[0].range.begin, slices[-1].range.end)
            pieces = [*((parts.range, [parts, whole]) for parts in slices), *((one, [whole]) for one in rest)]
            for asked, several in pieces:
                self._add(signal, lambda window: ask.only_native(signal, window, things), asked, several)

    def _add(self, signal: Signal, come: Expression, asked: Range, several: Sequence[Parts]) -> None:
        """What has come to native histograms in a range, to each of these."""
        spreads = self._ask.spreads(come, signal.things, asked)
        seconds = (
            self._ask.sums(lambda window: total_of(come(window)), signal.things, asked) if spreads else {}
        )
        for parts in several:
            parts.add_spreads(signal, spreads)
            parts.add_seconds(signal, seconds)


def _known(moments: float, step: int, asked: Range) -> float:
    seconds = moments * step
    # Whether there is one moment more or less at the borders means nothing.
    return float(asked.seconds) if seconds > asked.seconds - 2 * step else seconds
