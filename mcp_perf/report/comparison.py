"""Comparison: what got slower between two ranges, by how much, and whether there was enough to tell.

Durations of requests that follow each other are alike (a busy minute makes all of them slow), so single
requests would tell of differences that are none. Compared are the means of slices side by side: the shift
between the two sets by Hodges and Lehmann, its confidence interval by the rank sum of Mann and Whitney, both
of logarithms, so that one odd slice moves neither. See Hollander, Wolfe and Chicken: Nonparametric
Statistical Methods, chapter 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from .reading import Figures, Reading, Thing

Verdict = Literal["slower", "faster", "alike", "too little to tell", "new", "gone"]
Failing = Literal["more", "less", "alike"]
_SURE = 3.09  # standard deviations: one false alarm in a thousand, to either side
_FEW = 5  # events, below which a slice tells nothing


@dataclass(frozen=True)
class Limits:
    """From which `change` of the mean on it matters (0.1: a tenth), with how many events in each range."""

    change: float = 0.1
    events: int = 100


@dataclass(frozen=True)
class Shift:
    """How many times longer it takes: the best guess, and between what it lies (of 500 one lies outside)."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """One thing in both ranges; without `shift` where there is too little to tell."""

    thing: Thing
    before: Figures | None
    now: Figures | None
    shift: Shift | None
    verdict: Verdict
    failing: Failing


def compared(before: Reading, now: Reading, limits: Limits) -> list[Comparison]:
    """Each thing that came in either range, in the order of their labels."""
    things = {*before.whole.things, *now.whole.things}
    return [
        _compared(one, before, now, limits)
        for one in sorted(things, key=lambda one: (one.signal.name, one.labels))
    ]


def _compared(thing: Thing, before: Reading, now: Reading, limits: Limits) -> Comparison:
    one, other = before.whole.things.get(thing), now.whole.things.get(thing)
    if one is None or other is None:
        return Comparison(thing, one, other, None, "gone" if other is None else "new", "alike")
    is_enough = min(one.events, other.events) >= limits.events
    shift = _shift(_logarithms(before, thing), _logarithms(now, thing)) if is_enough else None
    failing = _failing(one, other) if is_enough else "alike"
    return Comparison(thing, one, other, shift, _verdict(shift, limits), failing)


def _verdict(shift: Shift | None, limits: Limits) -> Verdict:
    if shift is None:
        return "too little to tell"
    if shift.low > 1 and shift.ratio >= 1 + limits.change:
        return "slower"
    return "faster" if shift.high < 1 and shift.ratio <= 1 / (1 + limits.change) else "alike"


def _logarithms(reading: Reading, thing: Thing) -> list[float]:
    found = (one.things.get(thing) for one in reading.slices)
    return [math.log(one.mean) for one in found if one is not None and one.mean and one.events >= _FEW]


def _shift(before: Sequence[float], now: Sequence[float]) -> Shift | None:
    """None where there are too few for an interval."""
    pairs = len(before) * len(now)
    deviation = math.sqrt(pairs * (len(before) + len(now) + 1) / 12)
    outside = math.floor(pairs / 2 - _SURE * deviation)
    if outside < 0 or not pairs:
        return None
    differences = sorted(other - one for one in before for other in now)
    interval = differences[outside], differences[-1 - outside]
    return Shift(*(math.exp(one) for one in (median(differences), *interval)))


def _failing(before: Figures, now: Figures) -> Failing:
    """By the test of two proportions."""
    events = before.events + now.events
    share = (before.errors + now.errors) / events
    deviation = (
        math.sqrt(share * (1 - share) * (1 / before.events + 1 / now.events)) if 0 < share < 1 else 0.0
    )
    difference = (now.error_rate or 0.0) - (before.error_rate or 0.0)
    if abs(difference) <= _SURE * deviation:
        return "alike"
    return "more" if difference > 0 else "less"


def slower(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Those that got slower, the worst first."""
    found = [one for one in comparisons if one.verdict == "slower" and one.shift is not None]
    return sorted(found, key=lambda one: -one.shift.ratio if one.shift is not None else 0.0)
