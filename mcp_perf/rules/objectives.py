"""Objectives: which share of which events is to succeed, or to be fast, and when missing it is an alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..promql import BUDGET, BURN_RATES, matcher
from ..promql.durations import said, seconds
from ..signals import HTTP, Signal
from .rule import Severity


@dataclass(frozen=True)
class Latency:
    """A share of the events, in percent, takes at most so many seconds."""

    threshold: float
    share: float


@dataclass(frozen=True)
class Objective:
    """What is to be reached for the events of a signal whose labels have one of these values each.

    `availability` is the share that does not fail, in percent. Below `least` events in the long window of a
    burn rate nothing is an alert.
    """

    name: str
    signal: Signal
    chosen: Mapping[str, tuple[str, ...]]
    availability: float | None
    latency: Latency | None
    least: int

    @property
    def matchers(self) -> tuple[str, ...]:
        """The matchers that choose the events."""
        return tuple(matcher(label, values) for label, values in self.chosen.items())

    @property
    def is_of_all_requests(self) -> bool:
        """Whether it is about every request of its jobs."""
        return self.signal is HTTP and self.chosen.keys() <= {"job"}

    @property
    def indicators(self) -> tuple[str, ...]:
        """Which there are of it, of ``availability`` and ``latency``."""
        said = {"availability": self.availability, "latency": self.latency}
        return tuple(sli for sli, one in said.items() if one is not None)


@dataclass(frozen=True)
class Burn:
    """The budget is being spent `factor` times as fast as it may be, in a long and in a short window.

    The short window ends the alert soon after the trouble; see
    https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts.
    """

    factor: float
    long: str
    short: str
    severity: Severity


_SHORT_WINDOWS: tuple[tuple[str, str, Severity], ...] = (
    ("1h", "5m", "page"),
    ("6h", "30m", "page"),
    ("1d", "2h", "ticket"),
    ("3d", "6h", "ticket"),
)
BURNS = tuple(Burn(BURN_RATES[long], long, short, severity) for long, short, severity in _SHORT_WINDOWS)


@dataclass(frozen=True)
class Tuning:
    """What is different about an alert: None leaves it as it is."""

    enabled: bool = True
    severity: Severity | None = None
    lasting: str | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class Specification:
    """All that a file of objectives says; `interval` is how often windows from a day on are recorded."""

    objectives: tuple[Objective, ...] = ()
    burns: tuple[Burn, ...] = BURNS
    interval: str = "2m"
    alerts: Mapping[str, Tuning] = field(default_factory=dict)

    def of_all_requests(self, sli: str) -> tuple[str, ...]:
        """The names of those that say of every request of a job whether it meets them."""
        return tuple(one.name for one in self.objectives if one.is_of_all_requests and sli in one.indicators)

    def windows(self, usual: tuple[str, ...]) -> tuple[str, ...]:
        """The windows that are recorded, from the shortest: the usual ones and those of the burn rates."""
        all_of_them = {*usual, BUDGET, *(window for one in self.burns for window in (one.long, one.short))}
        return tuple(said(length) for length in sorted({seconds(window) for window in all_of_them}))
