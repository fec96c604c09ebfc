"""The board: one dashboard, its panels in rows, laid out on Grafana's grid."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from . import links, variables
from .design import Design
from .panels import Panel
from .variables import Variable

_WIDTH = 24  # columns of Grafana's grid
_TAG = "mcp_perf"


@dataclass(frozen=True)
class Row:
    """Lines of panels under a heading; the panels of a line are equally wide."""

    title: str
    lines: tuple[Sequence[Panel], ...]


@dataclass(frozen=True)
class Board:
    """One dashboard: its name in files and links, its title, what it answers, and what it shows."""

    name: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    since: str = "now-1h"


def rendered(board: Board, boards: Iterable[Board], design: Design) -> str:
    """The JSON of a dashboard that links to all the others of `boards`; the same for the same."""
    others = [(one.title, design.uid(one.name)) for one in boards if one.name != board.name]
    builder = builders.Dashboard(f"{design.prefix}{board.title}").description(board.description)
    builder.uid(design.uid(board.name)).tags([_TAG, design.survey.namespace]).editable()
    builder.tooltip(models.DashboardCursorSync.CROSSHAIR).time(board.since, "now").refresh("30s")
    builder.variables([variables.datasource(design), *board.variables])
    builder.links([*links.between(others)])
    found = builder.build()
    found.panels = list(_laid_out(board.rows))
    return json.dumps(found, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _laid_out(rows: Iterable[Row]) -> Iterator[models.Panel | models.RowPanel]:
    number, top = 0, 0
    for row in rows:
        number += 1
        heading = builders.Row(row.title).id(number).grid_pos(models.GridPos(h=1, w=_WIDTH, x=0, y=top))
        yield heading.build()
        top += 1
        for line in row.lines:
            height = max(panel.grid_pos.h for panel in line if panel.grid_pos)
            for place, panel in enumerate(line):
                number += 1
                left, right = (_WIDTH * one // len(line) for one in (place, place + 1))
                panel.id_val = number
                panel.grid_pos = models.GridPos(h=height, w=right - left, x=left, y=top)
                yield panel
            top += height
