"""Conditions: what is an alert, whatever the objectives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..signals import Signal
from .objectives import Tuning
from .rule import Alert, Severity
from .subject import Subject

JOB = "{{ $labels.job }}"


@dataclass(frozen=True)
class TunableAlert:
    """An alert that a file may tune.

    `expression` makes the PromQL of a subject and the threshold, whose text is empty where there is none.
    `lasting` is how long it has to hold. In `description`, ``THRESHOLD``
    and ``LASTING`` stand for what they say. Where it is a quantile of the durations of `timed`, the
    threshold is at most the greatest bound of the buckets, which is the greatest quantile; a share of the
    whole `is_share`, which is less than 1.
    """

    name: str
    severity: Severity
    lasting: str
    expression: Callable[[Subject, str], str]
    summary: str
    description: str
    threshold: float | None = None
    timed: Signal | None = None
    is_share: bool = False

    def alert(self, subject: Subject, tuning: Tuning) -> Alert:
        """The alert, as tuned."""
        threshold = self.threshold_of(subject, tuning)
        lasting = self.lasting if tuning.lasting is None else tuning.lasting
        said = "" if threshold is None else f"{threshold:.12g}"
        return Alert(
            self.name,
            self.expression(subject, said),
            tuning.severity or self.severity,
            lasting,
            self.summary,
            self.description.replace("THRESHOLD", said).replace("LASTING", lasting),
        )

    def threshold_of(self, subject: Subject, tuning: Tuning) -> float | None:
        """What it compares with, as tuned; None where there is nothing to compare with."""
        if tuning.threshold is not None:
            return tuning.threshold
        if self.threshold is None or self.timed is None:
            return self.threshold
        return min(self.threshold, max(subject.bounds_of(self.timed)))


def durations(
    subject: Subject, conditions: tuple[TunableAlert, ...], tuned: Mapping[str, Tuning]
) -> set[float]:
    """The thresholds of those that are about durations, in seconds."""
    timed = (one for one in conditions if one.timed is not None)
    found = (one.threshold_of(subject, tuned.get(one.name, Tuning())) for one in timed)
    return {one for one in found if one is not None}


def alerts(
    subject: Subject, conditions: tuple[TunableAlert, ...], tuned: Mapping[str, Tuning]
) -> list[Alert]:
    """The alerts of the conditions that are not switched off."""
    pairs = ((one, tuned.get(one.name, Tuning())) for one in conditions)
    return [one.alert(subject, tuning) for one, tuning in pairs if tuning.enabled]
