"""Totals: what came in one frame of history, by signal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..history import Frame
from ..registry.observed import Observed, Total, together
from ..signals import SIGNALS
from ..storage.grid import Grid

_NAMES = {(one.family.section, one.family.key): one.name for one in SIGNALS}


class Came(NamedTuple):
    """What came of one signal: the events by outcome, and all that was observed, over `grid`."""

    grid: Grid
    statuses: dict[str, float]
    total: Observed


Totals = dict[str, Came]


def totals_of(frame: Frame) -> Totals:
    """What came in a frame."""
    found: Totals = {}
    for family in frame.change:
        description = family.description
        name, grid = _NAMES.get((description.section, description.key)), description.grid
        if name is not None and grid is not None and family.amounts:
            statuses: dict[str, float] = {}
            total = Total(grid.size)
            for labels, amount in family.amounts.items():
                if isinstance(amount, Observed):
                    statuses[labels[-1]] = statuses.get(labels[-1], 0.0) + amount.events
                    total.add(amount)
            found[name] = Came(grid, statuses, total.observed())
    return found


def added(several: Iterable[Totals]) -> Totals:
    """All of them together."""
    found: Totals = {}
    for totals in several:
        for name, one in totals.items():
            known = found.get(name)
            if known is None:
                found[name] = one
                continue
            statuses = dict(known.statuses)
            for status, events in one.statuses.items():
                statuses[status] = statuses.get(status, 0.0) + events
            before = known.total
            if known.grid is not one.grid:  # with other buckets from then on
                before = before.without_counts()
            found[name] = Came(one.grid, statuses, together([before, one.total]))
    return found
