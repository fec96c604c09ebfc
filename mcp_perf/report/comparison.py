"""Comparison: what got slower between two ranges, by how much, and whether there was enough to tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from . import significance
from .reading import Figures, Reading, Thing
from .significance import Failing, Shift, shift

Verdict = Literal["slower", "faster", "alike", "too little to tell", "new", "gone"]


@dataclass(frozen=True)
class Limits:
    """From which `change` of the mean on it matters (0.1: a tenth), with how many events in each range."""

    change: float = 0.1
    events: int = 100


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
    found: Shift | None = None
    failing: Failing = "alike"
    if min(one.events, other.events) >= limits.events:
        rows = _rows(before, thing), _rows(now, thing)
        found, failing = shift(*rows), significance.failing_more(*rows)
    return Comparison(thing, one, other, found, _verdict(found, limits), failing)


def _verdict(found: Shift | None, limits: Limits) -> Verdict:
    if found is None:
        return "too little to tell"
    if found.low > 1 and found.ratio >= 1 + limits.change:
        return "slower"
    return "faster" if found.high < 1 and found.ratio <= 1 / (1 + limits.change) else "alike"


def _rows(reading: Reading, thing: Thing) -> list[Figures]:
    """What came of it in each slice in which anything did."""
    found = (one.things.get(thing) for one in reading.slices)
    return [one for one in found if one is not None]


def failing_more(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Those that fail more, the worst first."""
    return sorted((one for one in comparisons if one.failing == "more"), key=lambda one: -_more(one))


def gone(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Those that came before and not now, those with most events first."""
    found = [one for one in comparisons if one.verdict == "gone"]
    return sorted(found, key=lambda one: -one.before.events if one.before is not None else 0.0)


def _more(one: Comparison) -> float:
    before, now = ((figures and figures.error_rate) or 0.0 for figures in (one.before, one.now))
    return now - before


def slower(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Those that got slower, the worst first."""
    found = [one for one in comparisons if one.verdict == "slower" and one.shift is not None]
    return sorted(found, key=lambda one: -one.shift.ratio if one.shift is not None else 0.0)
