"""Queries: what a panel asks Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from .design import RANGE
from .variables import SOURCE


@dataclass(frozen=True)
class Query:
    """An expression, and what each of its series is called, as by `legend`."""

    expression: str
    legend: str = ""


def legend(labels: Iterable[str]) -> str:
    """What a series is called that has these labels."""
    return " ".join(f"{{{{{label}}}}}" for label in labels)


def series(queries: Sequence[Query], has_exemplars: bool) -> list[Dataquery]:
    """Over the time that is shown; only once, at its end, what is of that time as a whole.

    The exemplars are those of the first: all are of the same histogram.
    """
    found = []
    for reference, query in zip(ascii_uppercase, queries, strict=False):
        target = _target(reference, query).legend_format(query.legend or "__auto")
        found.append(target.instant() if RANGE in query.expression else target.range())
    if has_exemplars:
        found[0].exemplar(True)
    return found


def heat(expression: str) -> Dataquery:
    """The buckets of a heat map."""
    target = _target("A", Query(expression)).range().format(PromQueryFormat.HEATMAP).exemplar(True)
    return target.legend_format(legend(["le"]))


def columns(expressions: Iterable[str]) -> list[Dataquery]:
    """The columns of a table; the first has the reference ``A``."""
    return [
        _target(reference, Query(one)).instant().format(PromQueryFormat.TABLE)
        for reference, one in zip(ascii_uppercase, expressions, strict=False)
    ]


def _target(reference: str, query: Query) -> Dataquery:
    return Dataquery().ref_id(reference).datasource(SOURCE).expr(query.expression)
