"""Which dashboards there are for a service."""

from __future__ import annotations

from . import custom, objectives, operations, overview, route, workers, workflows
from .board import Board, rendered
from .design import Design


def boards(design: Design) -> list[Board]:
    """Those of all that the toolkit measures, and that of what is the service's own, if there is any."""
    return [
        overview.board(design),
        route.board(design),
        operations.database(design),
        workflows.board(design),
        operations.calls(design),
        *([custom.board(design)] if custom.custom(design) else []),
        workers.board(design),
        objectives.board(design),
    ]


def documents(design: Design) -> dict[str, str]:
    """The JSON of each dashboard, by its name."""
    found = boards(design)
    return {board.name: rendered(board, found, design) for board in found}
