"""Workflows: what is running, which steps fail, which are slow."""

from __future__ import annotations

from .. import catalogue
from ..signals import WORKFLOWS
from . import panels, queries, variables
from .board import Board, Row
from .design import RATE, Design, chosen
from .panels import Panel, chart, figure
from .red import Red

_WORKFLOW, _STEP = WORKFLOWS.things


def board(design: Design) -> Board:
    """The dashboard."""
    things = WORKFLOWS.things
    red = Red(design, WORKFLOWS, "workflow steps", panels.OPERATIONS, [chosen(one) for one in things])
    family = catalogue.ACTIVE_WORKFLOWS
    documentation = family.metrics[0].documentation
    active, of_each = (
        design.ask.aggregated("sum", family.key, labels, chosen(_WORKFLOW)) for labels in ((), (_WORKFLOW,))
    )
    running = figure("Active", documentation, active, panels.NUMBER, low="blue")
    by_workflow = queries.by([_WORKFLOW], of_each)
    rows = (
        Row("At a glance", ([running, *red.figures()],)),
        Row(
            "Runs and steps",
            ([chart("Active", documentation, [by_workflow], panels.NUMBER), red.rate_by(things)],),
        ),
        Row("Failures", ([red.errors_by(things), _failures(design), red.by_outcome()],)),
        Row(
            "Duration",
            ([red.quantiles(), red.heat_map()], [red.quantile_by(0.95, things), red.busy_by(things)]),
        ),
        Row("All", ([red.table("Steps", things)],)),
    )
    return Board(
        "workflows",
        "Workflows",
        "Workflows: what is running, which steps fail, which are slow.",
        (
            *variables.of_scrapes(design),
            variables.several(_WORKFLOW, design, WORKFLOWS.total),
            variables.several(_STEP, design, WORKFLOWS.total, _WORKFLOW),
        ),
        rows,
    )


def _failures(design: Design) -> Panel:
    things = WORKFLOWS.things
    failures = design.ask.failures(WORKFLOWS, RATE, things, *map(chosen, things))
    return chart(
        "Failures",
        "Workflow steps that fail, a second.",
        [queries.by(things, design.ask.or_zero(failures, _STEP))],
        panels.OPERATIONS,
        is_stacked=True,
    )
