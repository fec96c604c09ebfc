"""Objectives: what the recording rules of ``mcp-perf rules`` know of them."""

from __future__ import annotations

from dataclasses import replace

from ..promql import BUDGET, BURN_RATES, Objectives, Recorded
from . import panels, queries, variables
from .board import Board, Row
from .design import JOB, Design, chosen
from .panels import Panel, chart, figure
from .queries import legend
from .table import Column, table

_SLO, _SLI = "slo", "sli"
_LABELS = (JOB, _SLO, _SLI)
_COLOURS = (("3d", "yellow"), ("6h", "orange"), ("1h", "red"))
_BURNS = tuple((BURN_RATES[window], colour) for window, colour in _COLOURS)
_LEFT = ((0, "yellow"), (0.25, "green"))
_LONG = ("1h", "6h", "3d")  # the long windows of those alerts, of which each has a short one


def board(design: Design) -> Board:
    """The dashboard."""
    recorded = Recorded(design.survey.namespace)
    objectives = Objectives(recorded, (chosen(JOB), chosen(_SLO), chosen(_SLI)))
    every = Objectives(recorded)
    of_jobs = replace(every, matchers=(chosen(JOB),))
    return Board(
        "slo",
        "Service level objectives",
        "How much of the error budget is left, and how fast it is spent; as mcp-perf rules has it recorded.",
        (
            variables.recorded(JOB, every.objective),
            variables.recorded(_SLO, of_jobs.objective),
            variables.recorded(_SLI, of_jobs.objective),
        ),
        (
            Row("At a glance", (_worst(objectives), [_table(objectives)])),
            Row("Error budget", ([_left(objectives), _errors(objectives, BUDGET)],)),
            Row("Burn rate", ([_burn(objectives, window) for window in _LONG],)),
            Row("Errors", ([_errors(objectives, window) for window in ("5m", *_LONG[:2])],)),
        ),
        since="now-7d",
    )


def _worst(objectives: Objectives) -> list[Panel]:
    return [
        figure("Objectives", "How many there are.", objectives.number, panels.NUMBER, low="blue"),
        figure(
            "Missed",
            f"How many have no error budget left, of {BUDGET}.",
            objectives.missed,
            panels.NUMBER,
            panels.ANY,
        ),
        figure("Least budget left", _of_budget(), objectives.least_left, panels.SHARE, _LEFT, low="red"),
        figure("Fastest burn", _of_burn(_LONG[0]), objectives.fastest_burn(_LONG[0]), panels.NUMBER, _BURNS),
    ]


def _table(objectives: Objectives) -> Panel:
    columns = [
        Column("Budget left", objectives.budget_left, panels.SHARE, _LEFT, "red"),
        Column("Objective", objectives.objective, panels.SHARE),
        Column(f"Errors {BUDGET}", objectives.errors(BUDGET), panels.SHARE),
        *(Column(f"Burn {window}", objectives.burn_rate(window), panels.NUMBER, _BURNS) for window in _LONG),
    ]
    return table("Objectives", "All objectives that are chosen.", columns)


def _left(objectives: Objectives) -> Panel:
    return chart(
        "Error budget left", _of_budget(), [queries.lowest_by(_LABELS, objectives.budget_left)], panels.SHARE
    )


def _errors(objectives: Objectives, window: str) -> Panel:
    description = f"Share of events in {window} that did not meet the objective, and the share that may."
    allowed = replace(queries.by(_LABELS, objectives.allowed), legend=f"allowed: {legend(_LABELS)}")
    asked = [queries.by(_LABELS, objectives.errors(window)), allowed]
    return chart(f"Errors in {window}", description, asked, panels.SHARE)


def _burn(objectives: Objectives, window: str) -> Panel:
    asked = [queries.by(_LABELS, objectives.burn_rate(window))]
    return chart(f"Burn rate in {window}", _of_burn(window), asked, panels.NUMBER, thresholds=_BURNS)


def _of_budget() -> str:
    return f"Share of the errors that the objective allows in {BUDGET} that is left; below 0 it is missed."


def _of_burn(window: str) -> str:
    return (
        f"How many times faster than allowed the error budget was spent in {window}: 1 spends it in {BUDGET}."
    )
