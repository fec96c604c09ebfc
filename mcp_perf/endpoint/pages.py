"""The pages of the metrics app: what each is asked by the query, and how it is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from urllib.parse import parse_qs

from ..exposition.choosing import choose
from ..monitor import PerformanceMonitor
from ..pace import Pace
from ..summary import options_of, schema, summarise, text, written
from .request import Request

_FIELDS = 1000  # of a query string

# The content type and the body in parts, of a monitor and at a pace.
Make = Callable[[PerformanceMonitor, Pace], tuple[str, Sequence[bytes]]]


@dataclass(frozen=True)
class Asked:
    """What a request asks for: requests of one `key` get the same."""

    key: Hashable
    make: Make


@dataclass(frozen=True)
class Page:
    """A page that `access` knows by its name; `asked` says what a request asks for.

    That raises ValueError, in one sentence, for a query that is wrong.
    """

    name: str
    asked: Callable[[Request], Asked]


def _metrics(question: Request) -> Asked:
    try:
        names = parse_qs(question.query, max_num_fields=_FIELDS).get("name[]", [])
    except ValueError:
        raise ValueError(f"the query string must have at most {_FIELDS} parameters") from None
    accept = question.liking("accept")
    return Asked(
        ("metrics", choose(accept).content_type, frozenset(names)),
        lambda monitor, pace: monitor.render_parts(accept, names, pace),
    )


def _summary(question: Request) -> Asked:
    top = options_of(question.query).top
    return Asked(("summary", top), partial(_summarised, top=top))


def _summarised(monitor: PerformanceMonitor, pace: Pace, *, top: int | None) -> tuple[str, Sequence[bytes]]:
    return "application/json", written(summarise(monitor.snapshot(pace), top, pace, text), pace)


def _schema(question: Request) -> Asked:  # noqa: ARG001 - there is one for all
    return Asked("schema", _written_schema)


def _written_schema(monitor: PerformanceMonitor, pace: Pace) -> tuple[str, Sequence[bytes]]:  # noqa: ARG001
    return "application/schema+json", [json.dumps(schema(), indent=2).encode() + b"\n"]


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "": Page("metrics", _metrics),
        "/summary": Page("summary", _summary),
        "/summary/schema": Page("summary", _schema),
    }
)
