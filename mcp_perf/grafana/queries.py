"""Queries: what a panel asks Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from ..promql import MOST, greatest, least
from .design import RANGE
from .variables import SOURCE


@dataclass(frozen=True)
class Query:
    """An expression, what each of its series is called, as by `legend`, and which of them are left out."""

    expression: str
    legend: str = ""
    note: str = ""


def by(labels: Iterable[str], expression: str) -> Query:
    """An expression by labels, of which there may be more than a chart can show."""
    note = f" Of more than {MOST} the greatest at each moment are shown."
    return Query(greatest(expression), legend(labels), note)


def lowest_by(labels: Iterable[str], expression: str) -> Query:
    """The same where the least are what matters."""
    return Query(
        least(expression), legend(labels), f" Of more than {MOST} the least at each moment are shown."
    )


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
