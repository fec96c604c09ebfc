"""Spreads: a histogram that is no signal's, as quantiles and heat map."""

from __future__ import annotations

from collections.abc import Sequence

from ..promql import Expressions
from . import panels
from .design import RATE
from .panels import Panel, chart, heat_map
from .queries import Query
from .red import QUANTILES


def spread(
    ask: Expressions, name: str, title: str, description: str, unit: str, matchers: Sequence[str] = ()
) -> list[Panel]:
    """Two panels of what a histogram has observed."""
    asked = [
        Query(ask.quantile_of(share, name, RATE, (), *matchers), f"p{100 * share:.0f}") for share in QUANTILES
    ]
    asked.append(Query(ask.mean_of(name, RATE, (), *matchers), "mean"))
    has_exemplars = unit == panels.SECONDS
    return [
        chart(title, description, asked, unit, has_exemplars=has_exemplars),
        heat_map(f"{title}: spread", description, ask.buckets_of(name, RATE, *matchers), unit),
    ]
