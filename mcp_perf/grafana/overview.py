"""The overview: is the service well, and if not, where is it not."""

from __future__ import annotations

from .. import catalogue
from ..catalogue import FamilySpec
from ..signals import HTTP
from . import panels, queries, route, variables
from .board import Board, Row
from .design import INSTANCE, RATE, Design, chosen
from .exceptions import exceptions
from .links import Link
from .panels import Panel, chart, figure
from .queries import Query
from .red import Red
from .spread import spread

_METHOD, _ROUTE = HTTP.things


def board(design: Design) -> Board:
    """The dashboard."""
    red = Red(design, HTTP, "requests", panels.REQUESTS, [chosen(_METHOD)])
    detail = Link("The route in detail", design.uid(route.NAME), (_METHOD, _ROUTE))
    rows = [
        Row("At a glance", ([*red.figures(), _fast(design), _in_progress(design)],)),
        Row("Traffic", ([red.by_outcome(), red.rate_by([_METHOD])],)),
        Row("Errors", ([red.errors_by([_METHOD]), exceptions(design, [chosen(_METHOD)])],)),
        Row("Duration", ([red.quantiles(), red.heat_map()],)),
        Row("Routes", ([red.table("Routes", HTTP.things, [(_ROUTE, detail)])],)),
        Row("Saturation", ([_progress_by(design, _METHOD), _progress_by(design, INSTANCE)],)),
        Row("WebSockets", _websockets(design)),
    ]
    return Board(
        "overview",
        "Service overview",
        "Rate, errors and duration of all requests, and the routes that they are of.",
        (*variables.of_scrapes(design), variables.several(_METHOD, design, HTTP.total)),
        tuple(rows),
    )


def _fast(design: Design) -> Panel:
    return figure(
        f"Within {design.within:g} s",
        f"Share of requests that take at most {design.within:g} s.",
        design.ask.share_within(design.within, HTTP.duration, RATE, chosen(_METHOD)),
        panels.SHARE,
        ((0.9, "yellow"), (0.99, "green")),
        low="red",
    )


def _in_progress(design: Design) -> Panel:
    family = catalogue.HTTP_IN_PROGRESS
    now = design.ask.aggregated("sum", family.key, (), chosen(_METHOD))
    return figure("In progress", family.metrics[0].documentation, now, panels.NUMBER, low="blue")


def _progress_by(design: Design, label: str) -> Panel:
    family = catalogue.HTTP_IN_PROGRESS
    return chart(
        f"In progress by {label}",
        family.metrics[0].documentation,
        [_gauge(design, family, label)],
        panels.NUMBER,
    )


def _websockets(design: Design) -> tuple[list[Panel], ...]:
    ended, active = catalogue.WEBSOCKET_TOTAL, catalogue.WEBSOCKET_ACTIVE
    by = ended.labelnames[-1:]
    rate = queries.by(by, design.ask.summed("rate", ended.key, RATE, by))
    description = ended.metrics[0].documentation
    lines = [
        chart("Open", active.metrics[0].documentation, [_gauge(design, active, _ROUTE)], panels.NUMBER),
        chart("Ended by code", description, [rate], panels.OPERATIONS, is_stacked=True),
    ]
    duration = catalogue.WEBSOCKET_DURATION
    documentation = duration.metrics[0].documentation
    return lines, spread([design.ask], duration.key, "Duration", documentation, panels.SECONDS)


def _gauge(design: Design, family: FamilySpec, label: str) -> Query:
    matchers = [chosen(_METHOD)] if _METHOD in family.labelnames else []
    return queries.by([label], design.ask.aggregated("sum", family.key, [label], *matchers))
