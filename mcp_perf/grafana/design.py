"""The design: what all dashboards of one service have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from ..promql import Expressions
from ..remote.survey import Survey

# Grafana's windows: one that a rate has something in, at the step of the panel, and all that is shown.
RATE, RANGE = "$__rate_interval", "$__range"
JOB, INSTANCE = "job", "instance"  # the labels that Prometheus gives to what it scrapes

_LONGEST_UID = 40  # characters, says Grafana
_WITHIN = 0.5  # seconds


@dataclass(frozen=True)
class Design:
    """What is measured, and how it is to be shown; a fast request takes at most `within` seconds.

    `is_asked` says that the survey is one of a service, so that it lacks what others measure of a process.
    """

    survey: Survey
    is_asked: bool = False
    datasource: str = "default"
    prefix: str = ""
    is_native: bool = False
    within: float = _WITHIN

    @property
    def ask(self) -> Expressions:
        """How the toolkit's metrics are read, of the jobs and instances that are chosen."""
        return Expressions(self.survey.namespace, (chosen(JOB), chosen(INSTANCE)), self.is_native)

    @property
    def ask_whole(self) -> Expressions:
        """How anybody's metrics are read, by their whole names."""
        return Expressions("", self.ask.matchers, self.is_native)

    def has(self, whole: str) -> bool:
        """Whether there is a metric of this whole name, as far as is known."""
        return not self.is_asked or any(one.name == whole for one in self.survey.measured)

    def uid(self, board: str) -> str:
        """The stable identifier of a dashboard."""
        whole = f"mcp-perf-{self.survey.namespace}-{board}"
        if len(whole) <= _LONGEST_UID:
            return whole
        return f"mcp-perf-{hashlib.sha256(whole.encode()).hexdigest()[:24]}"


def chosen(label: str) -> str:
    """The matcher of what is chosen by the variable named as the label, which may be several or all."""
    return f'{label}=~"${label}"'


def within_of(bounds: Iterable[float]) -> float:
    """What a fast request takes at most, in seconds, if nobody has said: about half a second."""
    return max((bound for bound in bounds if bound <= _WITHIN), default=min(bounds))
