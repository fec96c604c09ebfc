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
    threshold is at most the greatest bound of the buckets, which is the greatest quantile.
    """

    name: str
    severity: Severity
    lasting: str
    expression: Callable[[Subject, str], str]
    summary: str
    description: str
    threshold: float | None = None
    timed: Signal | None = None

    def alert(self, subject: Subject, tuning: Tuning) -> Alert:
        """The alert, as tuned."""
        threshold = self._usual(subject) if tuning.threshold is None else tuning.threshold
        lasting = self.lasting if tuning.lasting is None else tuning.lasting
        said = "" if threshold is None else f"{threshold:g}"
        return Alert(
            self.name,
            self.expression(subject, said),
            tuning.severity or self.severity,
            lasting,
            self.summary,
            self.description.replace("THRESHOLD", said).replace("LASTING", lasting),
        )

    def _usual(self, subject: Subject) -> float | None:
        if self.threshold is None or self.timed is None:
            return self.threshold
        return min(self.threshold, max(subject.bounds_of(self.timed)))


def alerts(
    subject: Subject, conditions: tuple[TunableAlert, ...], tuned: Mapping[str, Tuning]
) -> list[Alert]:
    """The alerts of the conditions that are not switched off."""
    pairs = ((one, tuned.get(one.name, Tuning())) for one in conditions)
    return [one.alert(subject, tuning) for one, tuning in pairs if tuning.enabled]
