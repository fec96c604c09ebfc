"""Families of timed records whose last label is the outcome: one entry for all outcomes of one thing."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..pace import Pace
from ..registry.distribution import Distributions
from ..registry.observed import Observed, Total, observed, together
from ..registry.snapshot import FamilyReading
from ..storage.grid import Grid
from .joined import Joined
from .latency import Latency, latency, unknown
from .numbers import Number, failures, number
from .shortening import Keep, Labels, Shortened, greatest, in_order, made

IsFailure = Callable[[str], bool]
# Events, failures and latency of many things.
Altogether = tuple[Number, dict[str, Number], Latency]


class Outcomes(NamedTuple):
    """One thing that happens: its labels, what was observed by outcome, and all of that together."""

    grid: Grid
    labels: Labels
    statuses: dict[str, Observed]
    total: Observed

    def errors(self, is_failure: IsFailure) -> float:
        """The events that have failed."""
        return sum([one.events for status, one in self.statuses.items() if is_failure(status)])


class Things:
    """What happens, as families have it whose labels are `names` and the outcome."""

    def __init__(
        self, families: Sequence[FamilyReading], names: Sequence[str], is_failure: IsFailure, pace: Pace
    ) -> None:
        self._names = names
        self._is_failure = is_failure
        self._pace = pace
        self._parts = [
            _Part(one, one.values, pace) for one in families if isinstance(one.values, Distributions)
        ]
        self._places = Joined(map(len, self._parts))

    def told(self, top: int | None, counted_as: str, keep: Keep) -> tuple[Shortened, Altogether]:
        """The entries, by their labels or, with `top`, those with most events first; and what all are."""
        sizes, entries, errors = array("d"), [], 0.0
        total = Total(self._parts[0].grid.size) if self._parts else None
        for place in range(len(self._places)):
            one = self._at(place)
            sizes.append(one.total.events)
            errors += one.errors(self._is_failure)
            if total is not None:
                total.add(one.total)
            if top is None:
                entries.append(keep(self._entry(one, counted_as)))
            self._pace()
        altogether = self._altogether(total, errors)
        if top is None:
            return (entries, None), altogether
        chosen = greatest(sizes, top, lambda place: self._at(place).labels, self._pace)
        entries = made(chosen, lambda place: self._entry(self._at(place), counted_as), keep, self._pace)
        return (entries, len(sizes) - len(chosen)), altogether

    def _at(self, place: int) -> Outcomes:
        which, row = self._places.at(place)
        return self._parts[which].outcomes(row)

    def _entry(self, one: Outcomes, counted_as: str) -> dict[str, Any]:
        events = number(one.total.events)
        return {
            **dict(zip(self._names, one.labels, strict=True)),
            counted_as: events,
            **failures(events, number(one.errors(self._is_failure))),
            "statuses": {status: number(found.events) for status, found in one.statuses.items()},
            "latency_seconds": latency(one.grid, one.total),
        }

    def _altogether(self, total: Total | None, errors: float) -> Altogether:
        """Events, failures and latency of all of them, which are over one grid."""
        if total is None:
            return 0, failures(0, 0), unknown()
        one = total.observed()
        events = number(one.events)
        return events, failures(events, number(errors)), latency(self._parts[0].grid, one)


class _Part:
    """The things of one family: `order` are its rows by their labels, `starts` where each begins in that."""

    def __init__(self, family: FamilyReading, values: Distributions, pace: Pace) -> None:
        self.grid = values.grid
        self._labels = family.labels
        self._values = values
        self._order = in_order(family.labels, pace)
        self._starts = array("L")
        last: Labels | None = None
        for place, row in enumerate(self._order):
            thing = family.labels[row][:-1]
            if thing != last:
                self._starts.append(place)
                last = thing
            pace()
        self._starts.append(len(self._order))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def outcomes(self, place: int) -> Outcomes:
        """The thing at that place."""
        rows = self._order[self._starts[place] : self._starts[place + 1]]
        statuses = {self._labels[row][-1]: observed(self._values[row].run) for row in rows}
        return Outcomes(self.grid, self._labels[rows[0]][:-1], statuses, together(list(statuses.values())))
