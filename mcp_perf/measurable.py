"""All that a service can show, told from a survey of what it shows now."""

from __future__ import annotations

from . import catalogue
from .remote.survey import Measured, Survey, usual
from .storage.grid import DEFAULT_BUCKETS


def whole(survey: Survey) -> Survey:
    """The survey, and what else the toolkit brings: a service shows it as soon as there is something of it.

    Labels and bounds are those of the survey where it has them.
    """
    brought = usual(survey.namespace, bounds_of(survey) or DEFAULT_BUCKETS).measured
    found = {one.name: one for one in survey.measured}
    united = [_united(one, found.pop(one.name, one)) for one in brought]
    return Survey(survey.namespace, (*united, *found.values()))


def bounds_of(survey: Survey) -> tuple[float, ...]:
    """The bounds of the toolkit's buckets of seconds; none where nothing shows them yet."""
    names = (one.metrics[-1].name for one in catalogue.ALL if one.buckets == "seconds")
    shown = (survey.of(name) for name in names)
    return next((one.bounds for one in shown if one is not None and one.bounds), ())


def _united(brought: Measured, found: Measured) -> Measured:
    """`brought`, with label names of its own order first."""
    more = tuple(label for label in found.labelnames if label not in brought.labelnames)
    return Measured(
        brought.name,
        brought.type,
        brought.documentation,
        brought.labelnames + more,
        found.bounds or brought.bounds,
    )
