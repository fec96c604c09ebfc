"""Exceptions that nobody caught."""

from __future__ import annotations

from collections.abc import Sequence

from .. import catalogue
from . import panels
from .design import RATE, Design
from .panels import Panel, chart
from .queries import Query, legend


def exceptions(design: Design, matchers: Sequence[str]) -> Panel:
    """Uncaught exceptions by class."""
    family = catalogue.HTTP_EXCEPTIONS
    by = family.labelnames[-1:]
    raised = design.ask.summed("rate", family.key, RATE, by, *matchers)
    return chart(
        "Exceptions by class",
        family.metrics[0].documentation,
        [Query(design.ask.or_zero(raised, by[0]), legend(by))],
        panels.OPERATIONS,
        is_stacked=True,
    )
