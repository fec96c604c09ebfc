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
    asks: Sequence[Expressions],
    name: str,
    title: str,
    description: str,
    unit: str,
    matchers: Sequence[str] = (),
) -> list[Panel]:
    """Two panels of what a histogram has observed; `asks` are the ways to ask, of which one will do."""
    quantiles = [
        Query(asks[-1].quantile_of(share, name, RATE, (), *matchers), f"p{100 * share:.0f}")
        for share in QUANTILES
    ]
    mean = " or ".join(ask.mean_of(name, RATE, (), *matchers) for ask in asks)
    buckets = " or ".join(ask.buckets_of(name, RATE, *matchers) for ask in asks)
    has_exemplars = unit == panels.SECONDS
    return [
        chart(title, description, [*quantiles, Query(mean, "mean")], unit, has_exemplars=has_exemplars),
        heat_map(f"{title}: spread", description, buckets, unit),
    ]
