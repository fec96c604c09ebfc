"""Families of timed records whose last label is the outcome: one entry for all outcomes of one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..pace import Pace
from ..registry.distribution import Distributions
from ..registry.observed import Observed, observed, together
from ..registry.snapshot import FamilyReading
from ..storage.grid import Grid
from .latency import latency, unknown
from .numbers import Number, failures, number
from .shortening import Shortened, by_size

Labels = tuple[str, ...]


class Outcomes(NamedTuple):
    """One thing that happens: its labels, what was observed by outcome, and all of that together."""

    grid: Grid
    labels: Labels
    statuses: dict[str, Observed]
    total: Observed

    def errors(self, is_failure: Callable[[str], bool]) -> float:
        """The events that have failed."""
        return sum([one.events for status, one in self.statuses.items() if is_failure(status)])

    def entry(
        self, names: Sequence[str], counted_as: str, is_failure: Callable[[str], bool]
    ) -> dict[str, Any]:
        """The entry in the summary."""
        events = number(self.total.events)
        return {
            **dict(zip(names, self.labels, strict=True)),
            counted_as: events,
            **failures(events, number(self.errors(is_failure))),
            "statuses": {status: number(one.events) for status, one in sorted(self.statuses.items())},
            "latency_seconds": latency(self.grid, self.total),
        }


def outcomes(families: Sequence[FamilyReading], pace: Pace) -> list[Outcomes]:
    """What has happened, each with all its outcomes."""
    found = []
    for family in families:
        if isinstance(family.values, Distributions):
            things: dict[Labels, dict[str, Observed]] = {}
            for (*labels, status), run in zip(family.labels, family.raw, strict=True):
                things.setdefault(tuple(labels), {})[status] = observed(run)
                pace()
            for thing, statuses in things.items():
                total = together(list(statuses.values()))
                found.append(Outcomes(family.values.grid, thing, statuses, total))
                pace()
    return found


def shown(
    found: Sequence[Outcomes],
    top: int | None,
    entry: Callable[[Outcomes], dict[str, Any]],
    pace: Pace,
) -> Shortened:
    """The entries to show, by label values, or those with most events first."""
    chosen, omitted = by_size(found, top, lambda one: one.total.events, lambda one: one.labels)
    entries = []
    for one in chosen:
        entries.append(entry(one))
        pace()
    return entries, omitted


def altogether(
    found: Sequence[Outcomes], is_failure: Callable[[str], bool]
) -> tuple[Number, dict[str, Number], dict[str, float | None]]:
    """Events, failures and latency of all of them, which are over one grid."""
    total = together([one.total for one in found]) if found else None
    events = number(total.events) if total else 0
    errors = number(sum([one.errors(is_failure) for one in found]))
    return events, failures(events, errors), latency(found[0].grid, total) if total else unknown()
