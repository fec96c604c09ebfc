"""The pages of the metrics app: what each is asked by the query, and how it is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from urllib.parse import parse_qs

from ..monitor import PerformanceMonitor
from ..pace import Pace
from ..summary import options_of, schema, summarise, written
from .request import Request

_FIELDS = 1000  # of a query string

# The content type and the body in parts, of a monitor and at a pace.
Make = Callable[[PerformanceMonitor, Pace], tuple[str, Sequence[bytes]]]


@dataclass(frozen=True)
class Page:
    """A page that `access` knows by its name; `asked` says how to make what a request asks for.

    That raises ValueError, in one sentence, for a query that is wrong.
    """

    name: str
    asked: Callable[[Request], Make]


def _metrics(question: Request) -> Make:
    try:
        names = parse_qs(question.query, max_num_fields=_FIELDS).get("name[]", [])
    except ValueError:
        raise ValueError(f"the query string must have at most {_FIELDS} parameters") from None
    accept = question.header("accept")
    return lambda monitor, pace: monitor.render_parts(accept, names, pace)


def _summary(question: Request) -> Make:
    return partial(_summarised, top=options_of(question.query).top)


def _summarised(monitor: PerformanceMonitor, pace: Pace, *, top: int | None) -> tuple[str, Sequence[bytes]]:
    return "application/json", written(summarise(monitor.snapshot(pace), top, pace), pace)


def _schema(question: Request) -> Make:  # noqa: ARG001 - there is one for all
    return lambda monitor, pace: (  # noqa: ARG005
        "application/schema+json",
        [json.dumps(schema(), indent=2).encode() + b"\n"],
    )


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "": Page("metrics", _metrics),
        "/summary": Page("summary", _summary),
        "/summary/schema": Page("summary", _schema),
    }
)
