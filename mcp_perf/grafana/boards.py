"""Which dashboards there are for a service."""

from __future__ import annotations

from collections.abc import Callable

from ..signals import CALLS, DATABASE, WORKFLOWS
from . import custom, objectives, operations, overview, route, workers, workflows
from .board import Board, rendered
from .design import Design


def boards(design: Design) -> list[Board]:
    """Those of what the service shows, and those that every service has."""
    optional: tuple[tuple[bool, Callable[[Design], Board]], ...] = (
        (design.shows(DATABASE.family), operations.database),
        (design.shows(WORKFLOWS.family), workflows.board),
        (design.shows(CALLS.family), operations.calls),
        (bool(custom.custom(design)), custom.board),
    )
    return [
        overview.board(design),
        route.board(design),
        *(made(design) for is_shown, made in optional if is_shown),
        workers.board(design),
        objectives.board(design),
    ]


def documents(design: Design) -> dict[str, str]:
    """The JSON of each dashboard, by its name."""
    found = boards(design)
    return {board.name: rendered(board, found, design) for board in found}
