"""Significance: whether two ranges differ beyond chance, judged by their slices.

Durations of requests that follow each other are alike (a busy minute makes all of them slow), so single
requests would tell of differences that are none. Compared are the means of slices side by side: the shift
between the two sets by Hodges and Lehmann, its confidence interval by the rank sum of Mann and Whitney, both
of logarithms, so that one odd slice moves neither (Hollander, Wolfe and Chicken: Nonparametric Statistical
Methods, chapter 4). What still makes such a comparison wrong is seen to first:

- Of durations that are skewed the mean of few is mostly less than that of many. So slices are put together
  until those of both ranges have about as many events.
- Slices that follow each other are alike, too: as many fewer count as their correlation says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import Literal

from .reading import Figures

Failing = Literal["more", "less", "alike"]
_SURE = 3.09  # standard deviations: one false alarm in a thousand, to either side
_CHANCE = 0.001
_FEW = 5  # events, below which a slice tells nothing
_MANY = 10_000  # from which on the normal distribution is as good as the exact one
_ENOUGH = 20  # slices, below which nobody can say how correlated they are
_ALIKE = 0.9  # the most that slices are taken to be correlated


@dataclass(frozen=True)
class Shift:
    """How many times longer it takes: the best guess, and between what it lies (of 500 one lies outside)."""

    ratio: float
    low: float
    high: float


def shift(before: Sequence[Figures], now: Sequence[Figures]) -> Shift | None:
    """How many times longer it takes now, by slices; None where there are too few of them to tell."""
    if not before or not now:
        return None
    events = [median(one.events for one in rows) for rows in (before, now)]
    one, other = (
        _logarithms(_merged(rows, round(max(events) / number)))
        for rows, number in zip((before, now), events, strict=True)
    )
    pairs = len(one) * len(other)
    if not pairs:
        return None
    deviation = math.sqrt(pairs * (len(one) + len(other) + 1) / 12)
    outside = math.floor(pairs / 2 - _SURE * deviation * max(_inflation(one), _inflation(other)))
    if outside < 0:
        return None
    differences = sorted(there - here for here in one for there in other)
    interval = differences[outside], differences[-1 - outside]
    return Shift(*(math.exp(found) for found in (median(differences), *interval)))


def failing_more(before: Sequence[Figures], now: Sequence[Figures]) -> Failing:
    """Whether more fail now than before, by the exact test of two shares.

    Failures that come together count as often as their spread over the slices says.
    """
    if not all(sum(one.events for one in rows) for rows in (before, now)):
        return "alike"
    clusters = max(_dispersion(before), _dispersion(now))
    events = [sum(one.events for one in rows) for rows in (before, now)]
    errors = [math.floor(sum(one.errors for one in rows) / clusters) for rows in (before, now)]
    share = events[1] / sum(events)
    if _tail(sum(errors), share, errors[1]) < _CHANCE:
        return "more"
    return "less" if _tail(sum(errors), 1 - share, errors[0]) < _CHANCE else "alike"


def _merged(rows: Sequence[Figures], number: int) -> list[Figures]:
    """So many following slices put together; what is left over at the end is left out."""
    return [_together(rows[place : place + number]) for place in range(0, len(rows) - number + 1, number)]


def _together(rows: Sequence[Figures]) -> Figures:
    timed = [one for one in rows if one.mean is not None]
    events = sum(one.events for one in timed)
    seconds = sum(one.events * (one.mean or 0.0) for one in timed)
    return Figures(events, sum(one.errors for one in rows), seconds / events if events else None)


def _logarithms(rows: Sequence[Figures]) -> list[float]:
    return [math.log(one.mean) for one in rows if one.mean and one.events >= _FEW]


def _inflation(values: Sequence[float]) -> float:
    """By what a deviation is greater where values are correlated with the next one.

    The correlation that so few show is too small (Kendall 1954); one that may be chance is none.
    """
    number = len(values)
    mean = fmean(values)
    spread = sum((one - mean) ** 2 for one in values)
    if number < _ENOUGH or not spread:
        return 1.0
    found = sum((one - mean) * (other - mean) for one, other in pairwise(values)) / spread
    if found <= 1 / math.sqrt(number):
        return 1.0
    found = min(found + (1 + 3 * found) / number, _ALIKE)
    return math.sqrt((1 + found) / (1 - found))


def _dispersion(rows: Sequence[Figures]) -> float:
    """The variance of errors in slices, divided by what it is where each fails by itself; 1 or more."""
    events, errors = sum(one.events for one in rows), sum(one.errors for one in rows)
    share = errors / events if events else 0.0
    if len(rows) < 2 or not 0 < share < 1:
        return 1.0
    squares = sum(
        (one.errors - one.events * share) ** 2 / (one.events * share * (1 - share))
        for one in rows
        if one.events
    )
    return max(squares / (len(rows) - 1), 1.0)


def _tail(number: int, share: float, least: int) -> float:
    """How probable `least` or more of so many are, each of which is one with the probability `share`."""
    if least <= 0 or not 0 < share < 1:
        return 1.0
    if number > _MANY:
        deviation = math.sqrt(number * share * (1 - share))
        return math.erfc((least - 0.5 - number * share) / deviation / math.sqrt(2)) / 2
    logs = (
        math.lgamma(number + 1)
        - math.lgamma(one + 1)
        - math.lgamma(number - one + 1)
        + one * math.log(share)
        + (number - one) * math.log1p(-share)
        for one in range(least, number + 1)
    )
    return math.fsum(math.exp(one) for one in logs)
