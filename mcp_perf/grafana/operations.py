"""Operations: what decorators time, database operations and calls."""

from __future__ import annotations

from ..signals import CALLS, DATABASE, Signal
from . import panels, variables
from .board import Board, Row
from .design import INSTANCE, Design, chosen
from .red import Red


def database(design: Design) -> Board:
    """The dashboard of database operations."""
    description = "Database operations: which are many, which are slow, which fail."
    return _board(design, DATABASE, "database operations", "database", "Database", description)


def calls(design: Design) -> Board:
    """The dashboard of monitored calls."""
    description = "Calls that the application monitors by name: which are many, slow, or fail."
    return _board(design, CALLS, "monitored calls", "calls", "Calls", description)


def _board(design: Design, signal: Signal, noun: str, name: str, title: str, description: str) -> Board:
    things = signal.things
    red = Red(design, signal, noun, panels.OPERATIONS, [chosen(one) for one in things])
    rows = (
        Row("At a glance", (red.figures(),)),
        Row("Rate", ([red.rate_by(things), red.by_outcome()],)),
        Row("Errors", ([red.errors_by(things), red.errors_by([INSTANCE])],)),
        Row(
            "Duration",
            ([red.quantiles(), red.heat_map()], [red.quantile_by(0.95, things), red.busy_by(things)]),
        ),
        Row("All", ([red.table(title, things)],)),
    )
    chosen_by = (
        variables.several(thing, design, signal.total, *things[:place]) for place, thing in enumerate(things)
    )
    return Board(name, title, description, (*variables.of_scrapes(design), *chosen_by), rows)
