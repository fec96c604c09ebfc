"""Exceptions that nobody caught."""

from __future__ import annotations

from collections.abc import Sequence

from .. import catalogue
from . import panels, queries
from .design import RATE, Design
from .panels import Panel, chart


def exceptions(design: Design, matchers: Sequence[str]) -> Panel:
    """Uncaught exceptions by class."""
    family = catalogue.HTTP_EXCEPTIONS
    by = family.labelnames[-1:]
    raised = design.ask.summed("rate", family.key, RATE, by, *matchers)
    return chart(
        "Exceptions by class",
        family.metrics[0].documentation,
        [queries.by(by, design.ask.or_zero(raised, by[0]))],
        panels.OPERATIONS,
        is_stacked=True,
    )
