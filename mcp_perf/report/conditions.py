"""Conditions under which a deployment is to fail."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import wrong
from ..signals import SIGNALS, Signal
from .comparison import Comparison, Limits
from .reading import Figures, Reading

_DURATIONS = ("mean", "p50", "p90", "p95", "p99")
_FIGURES: Mapping[str, Callable[[Figures, float], float | None]] = {
    **{name: lambda one, _, name=name: getattr(one, name) for name in _DURATIONS},  # type: ignore[misc]
    "error_rate": lambda one, _: one.error_rate,
    "events": lambda one, _: one.events,
    "rate": lambda one, seconds: one.events / seconds,
}
# Of a comparison: how many things are so.
_COUNTS: Mapping[str, Callable[[Comparison], bool]] = {
    "slower": lambda one: one.verdict == "slower",
    "failing": lambda one: one.failing == "more",
}
_SIGNALS = {one.name: one for one in SIGNALS}
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_SECONDS = {"": 1.0, "s": 1.0, "ms": 0.001, "us": 0.000001}
# By what is compared, the units that its number may have.
_UNITS: Mapping[str, Mapping[str, float]] = {
    **dict.fromkeys(_DURATIONS, _SECONDS),
    "error_rate": {"": 1.0, "%": 0.01},
    **{name: {"": 1.0} for name in ("events", "rate", *_COUNTS)},
}
_CONDITION = re.compile(
    r"\s*(?:([a-z]+)\.)?([a-z0-9_]+)\s*(>=|<=|>|<)\s*([0-9]+(?:\.[0-9]*)?(?:e-?[0-9]+)?)\s*(ms|us|s|%|)\s*"
)
_ALLOWED = (
    f"one of {', '.join(_UNITS)} (with 'http.', 'database.' or 'workflows.' in front of a figure for all of "
    "them together), then >, >=, < or <=, and a number: 'p95>0.5', 'http.p99>800ms', 'error_rate>=1%'"
)


@dataclass(frozen=True)
class Condition:
    """One of those: `text` is how it was written; of each thing, or of all of `signal` together."""

    text: str
    signal: Signal | None
    name: str
    is_met: Callable[[float], bool]

    @property
    def is_of_comparison(self) -> bool:
        """Whether two ranges are needed."""
        return self.name in _COUNTS


def condition_of(text: str) -> Condition:
    """What such a text says; ValueError, in one sentence, for what is none."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise wrong("--fail-if", text, _ALLOWED)
    section, name, sign, number, unit = found.groups()
    is_known = section in _SIGNALS and name in _FIGURES if section else name in _UNITS
    if not is_known or unit not in _UNITS[name] or not math.isfinite(float(number)):
        raise wrong("--fail-if", text, _ALLOWED)
    signal, is_met, limit = _SIGNALS.get(section), _OPERATORS[sign], float(number) * _UNITS[name][unit]
    return Condition(text.strip(), signal, name, lambda value: is_met(value, limit))


class Verdicts(NamedTuple):
    """Of conditions: what is so that was not to be, and what nobody can tell, each in a sentence."""

    met: Sequence[str] = ()
    undecided: Sequence[str] = ()


NONE = Verdicts()


def verdicts(
    conditions: Sequence[Condition], now: Reading, comparisons: Sequence[Comparison], limits: Limits
) -> Verdicts:
    """What becomes of the conditions; of things those with enough events only."""
    pairs = [pair for one in conditions for pair in _verdicts(one, now, comparisons, limits)]
    return Verdicts(
        [sentence for is_met, sentence in pairs if is_met],
        [sentence for is_met, sentence in pairs if is_met is None],
    )


def _verdicts(
    condition: Condition, now: Reading, comparisons: Sequence[Comparison], limits: Limits
) -> Iterator[tuple[bool | None, str]]:
    """Whether it is met, None where nobody can tell, and the sentence that says so."""
    if condition.is_of_comparison:
        chosen = [one.thing.name for one in comparisons if _COUNTS[condition.name](one)]
        yield condition.is_met(len(chosen)), f"{condition.text}: {', '.join(chosen) or 'none is'}"
        return
    for name, figures in _candidates(condition, now, limits):
        value, is_more = (
            _FIGURES[condition.name](figures, now.whole.seconds),
            condition.name in figures.beyond,
        )
        if value is not None:
            has = f"{'more than ' if is_more else ''}{value:.6g}"
            yield _is_met(condition, value, is_more), f"{condition.text}: {name} has {has}"
        elif figures.events:
            yield None, f"{condition.text}: of {name} nobody knows it"


def _is_met(condition: Condition, value: float, is_more: bool) -> bool | None:
    """Whether it is, None where it is of some of the values that are more, and of others not."""
    if not is_more:
        return condition.is_met(value)
    least = condition.is_met(math.nextafter(value, math.inf))
    return least if least == condition.is_met(math.inf) else None


def _candidates(condition: Condition, now: Reading, limits: Limits) -> Iterator[tuple[str, Figures]]:
    if condition.signal is not None:
        yield condition.signal.name, now.whole.totals.get(condition.signal, Figures())
        return
    for thing, figures in now.whole.things.items():
        if figures.events >= limits.events:
            yield thing.name, figures
