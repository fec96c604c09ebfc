"""Conditions under which a deployment is to fail."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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


def failures(
    conditions: Sequence[Condition], now: Reading, comparisons: Sequence[Comparison], limits: Limits
) -> list[str]:
    """What is so that was not to be, each in a sentence; of things those with enough events only."""
    return [sentence for one in conditions for sentence in _failures(one, now, comparisons, limits)]


def _failures(
    condition: Condition, now: Reading, comparisons: Sequence[Comparison], limits: Limits
) -> Iterator[str]:
    if condition.is_of_comparison:
        chosen = [one.thing.name for one in comparisons if _COUNTS[condition.name](one)]
        if condition.is_met(len(chosen)):
            yield f"{condition.text}: {', '.join(chosen) or 'none is'}"
        return
    for name, figures in _candidates(condition, now, limits):
        value = _FIGURES[condition.name](figures, now.whole.seconds)
        if value is not None and condition.is_met(value):
            yield f"{condition.text}: {name} has {value:.6g}"


def _candidates(condition: Condition, now: Reading, limits: Limits) -> Iterator[tuple[str, Figures]]:
    if condition.signal is not None:
        yield condition.signal.name, now.whole.totals.get(condition.signal, Figures())
        return
    for thing, figures in now.whole.things.items():
        if figures.events >= limits.events:
            yield thing.name, figures
