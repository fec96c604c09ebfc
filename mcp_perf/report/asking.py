"""Asking a Prometheus what has come, in portions that it can answer: in halves, where all is too much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from ..remote import NoAnswerError, Prometheus, TooMuchError
from .parts import Key, Sums
from .ranges import Range
from .spread import Spread, native

_POINTS = 1000  # that are asked for at once
_LEAST = 5  # seconds, below which nothing is cut
_EXACT = 0.01  # of a slice, by which a moment may differ from what was asked for

Expression: TypeAlias = Callable[[str], str]  # of a window


class Asking:
    """Asks for what has come in ranges, by the values of labels; NoAnswerError."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    def sums(self, expression: Expression, labels: Key, asked: Range) -> Sums:
        """What has come in a range."""
        try:
            return _keyed(self._prometheus.at(expression(f"{asked.seconds}s"), asked.end), labels)
        except TooMuchError:
            if asked.seconds < 2 * _LEAST:
                raise
        found: Sums = {}
        for half in asked.halves():
            for key, value in self.sums(expression, labels, half).items():
                found[key] = found.get(key, 0.0) + value
        return found

    def slices(self, expression: Expression, labels: Key, ranges: Sequence[Range]) -> list[Sums]:
        """What has come in each of these, which are side by side and equally long."""
        if len(ranges) > _POINTS:
            return self._halves(expression, labels, ranges)
        if len(ranges) < 2:
            return [self.sums(expression, labels, one) for one in ranges]
        try:
            width = ranges[0].seconds
            rows = self._prometheus.over(expression(f"{width}s"), ranges[0].end, ranges[-1].end, width)
        except TooMuchError:
            return self._halves(expression, labels, ranges)
        found: list[Sums] = [{} for _ in ranges]
        for series, values in rows.items():
            key = _key(series, labels)
            for moment, value in values.items():
                sums = found[self._place(moment, ranges)]
                sums[key] = sums.get(key, 0.0) + value
        return found

    def _halves(self, expression: Expression, labels: Key, ranges: Sequence[Range]) -> list[Sums]:
        middle = len(ranges) // 2
        return [
            *self.slices(expression, labels, ranges[:middle]),
            *self.slices(expression, labels, ranges[middle:]),
        ]

    def _place(self, moment: float, ranges: Sequence[Range]) -> int:
        """Which of the ranges ends at that moment."""
        exact = (moment - ranges[0].end) / ranges[0].seconds
        place = round(exact)
        if abs(exact - place) > _EXACT or not 0 <= place < len(ranges):
            raise NoAnswerError(
                f"{self._prometheus.client.url} answers of other moments than it was asked of"
            )
        return place

    def spreads(self, expression: Expression, labels: Key, asked: Range) -> dict[Key, Spread]:
        """What has come to native histograms in a range."""
        try:
            found = self._prometheus.histograms(expression(f"{asked.seconds}s"), asked.end)
            return {_key(series, labels): native(one) for series, one in found.items()}
        except TooMuchError:
            if asked.seconds < 2 * _LEAST:
                raise
        spreads: dict[Key, Spread] = {}
        for half in asked.halves():
            for key, one in self.spreads(expression, labels, half).items():
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
