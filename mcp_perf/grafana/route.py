"""The route: everything about one of them."""

from __future__ import annotations

from .. import catalogue
from ..signals import HTTP
from . import panels, variables
from .board import Board, Row
from .design import INSTANCE, Design, chosen
from .exceptions import exceptions
from .red import Red
from .spread import spread

NAME = "route"

_METHOD, _ROUTE = HTTP.things
_OPT_IN = (
    ("Time to first byte", catalogue.HTTP_FIRST_BYTE, panels.SECONDS),
    ("Request size", catalogue.HTTP_REQUEST_SIZE, panels.BYTES),
    ("Response size", catalogue.HTTP_RESPONSE_SIZE, panels.BYTES),
)


def board(design: Design) -> Board:
    """The dashboard."""
    matchers = [chosen(_METHOD), f'{_ROUTE}="${_ROUTE}"']
    red = Red(design, HTTP, "requests", panels.REQUESTS, matchers)
    rows = [
        Row("At a glance", (red.figures(),)),
        Row("Traffic", ([red.by_outcome(), red.rate_by([_METHOD]), red.rate_by([INSTANCE])],)),
        Row("Errors", ([red.errors_by([_METHOD]), exceptions(design, matchers)],)),
        Row(
            "Duration",
            (
                [red.quantiles(), red.heat_map()],
                [red.quantile_by(0.95, [one]) for one in (_METHOD, HTTP.outcome, INSTANCE)],
            ),
        ),
    ]
    for title, family, unit in _OPT_IN:
        documentation = family.metrics[0].documentation
        rows.append(Row(title, (spread([design.ask], family.key, title, documentation, unit, matchers),)))
    return Board(
        NAME,
        "Route",
        "One route: what it answers, how long that takes, and what goes wrong.",
        (
            *variables.of_scrapes(design),
            variables.one(_ROUTE, design, HTTP.total),
            variables.several(_METHOD, design, HTTP.total),
        ),
        tuple(rows),
    )
