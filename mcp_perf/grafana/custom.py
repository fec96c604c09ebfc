"""Custom metrics: those that the application has made, and its libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..promql import Expressions
from ..registry.labels import PID
from ..remote.survey import Measured
from . import panels, queries, variables
from .board import Board, Row
from .design import INSTANCE, RATE, Design
from .panels import Panel, chart
from .spread import spread

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")  # others cannot be written into an expression as they are
_CREATED = "_created"
_UNITS = {"seconds": panels.SECONDS, "bytes": panels.BYTES, "ratio": panels.SHARE}


def custom(design: Design) -> list[Measured]:
    """The metrics that are shown, by name."""
    known = {one.name.removesuffix("_total") for one in design.survey.custom}
    return sorted(
        (
            one
            for one in design.survey.custom
            if _NAME.fullmatch(one.name)
            # When a series was made, which text shows as if it was a metric.
            and not (one.name.endswith(_CREATED) and one.name.removesuffix(_CREATED) in known)
        ),
        key=lambda one: one.name,
    )


def board(design: Design) -> Board:
    """The dashboard."""
    found = custom(design)
    lines = list(_lines(design, [one for one in found if one.type != "histogram"]))
    rows = [Row("Counters and gauges", tuple(lines))] if lines else []
    rows += [Row(one.name, (_spread(design, one),)) for one in found if one.type == "histogram"]
    return Board(
        "custom",
        "Custom metrics",
        "The metrics that the application and its libraries have made.",
        variables.of_scrapes(design),
        tuple(rows),
    )


def _lines(design: Design, metrics: list[Measured]) -> Iterator[list[Panel]]:
    shown = [_panel(design, one) for one in metrics]
    for begin in range(0, len(shown), 3):
        yield shown[begin : begin + 3]


def _panel(design: Design, metric: Measured) -> Panel:
    by = _labels(metric)
    if metric.type == "counter":
        rate = design.ask_whole.summed("rate", metric.name, RATE, by)
        title = f"{metric.name}, a second"
        return chart(title, metric.documentation, [queries.by(by, rate)], panels.OPERATIONS)
    if metric.type == "summary":
        mean = _classic(design).mean_of(metric.name, RATE, by)
        title = f"{metric.name}, mean"
        return chart(title, metric.documentation, [queries.by(by, mean)], unit_of(metric))
    labels = [*by, INSTANCE]
    value = design.ask_whole.aggregated("sum", metric.name, labels)
    return chart(metric.name, metric.documentation, [queries.by(labels, value)], unit_of(metric))


def _spread(design: Design, metric: Measured) -> list[Panel]:
    # Those that the application's libraries have made with prometheus_client are classic in any case.
    asks = [design.ask_whole, _classic(design)] if design.is_native else [design.ask_whole]
    return spread(asks, metric.name, metric.name, metric.documentation, unit_of(metric))


def _classic(design: Design) -> Expressions:
    return replace(design.ask_whole, native_only=False)


def _labels(metric: Measured) -> list[str]:
    return [label for label in metric.labelnames if label != PID and _NAME.fullmatch(label)]


def unit_of(metric: Measured) -> str:
    """The unit that the name of a metric ends with."""
    return _UNITS.get(metric.name.removesuffix("_total").rpartition("_")[2], panels.NUMBER)
