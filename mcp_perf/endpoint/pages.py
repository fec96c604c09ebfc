"""The pages of the metrics app: what each is asked by the query, and how it is made."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import parse_qs

from .. import dashboard, profiling
from ..exposition.choosing import choose
from ..monitor import PerformanceMonitor
from ..pace import Pace
from ..summary import (
    Options,
    columns,
    head,
    options_of,
    points,
    schema,
    slow_requests,
    summarise,
    text,
    written,
)
from .request import Request

_FIELDS = 1000  # of a query string
METHODS = ("GET", "HEAD")

# The content type and the body in parts, made at a pace.
Make = Callable[[Pace], tuple[str, Sequence[bytes]]]


@dataclass(frozen=True)
class Asked:
    """What a request asks for: requests of one `key` get the same."""

    key: Hashable
    make: Make


@dataclass(frozen=True)
class Long:
    """What has to come first, in this thread or an event loop, and takes long; `asked` of what has come."""

    in_thread: Callable[[], Any]
    in_loop: Callable[[], Awaitable[Any]]
    asked: Callable[[Any], Asked]


@dataclass(frozen=True)
class Page:
    """A page that `access` knows by its name; `asked` says what a request asks of a monitor.

    That raises ValueError, in one sentence, for a query that is wrong. `headers` are its own; `caching` says
    who may keep it, and `is_there` whether there is such a page here. One that `is_long` is only worked on
    as long as somebody waits for it; of one that `may_show_code` who may not have a profile sees less.
    """

    name: str
    asked: Callable[[Request, PerformanceMonitor], Asked | Long]
    headers: tuple[tuple[str, str], ...] = ()
    caching: str = "no-store"
    is_there: Callable[[], bool] = lambda: True
    methods: tuple[str, ...] = METHODS
    is_long: bool = False
    may_show_code: bool = False


def _metrics(question: Request, monitor: PerformanceMonitor) -> Asked:
    try:
        names = parse_qs(question.query, max_num_fields=_FIELDS).get("name[]", [])
    except ValueError:
        raise ValueError(f"the query string must have at most {_FIELDS} parameters") from None
    accept = question.liking("accept")
    return Asked(
        ("metrics", choose(accept).content_type, frozenset(names)),
        lambda pace: monitor.render_parts(accept, names, pace),
    )


def _summary(question: Request, monitor: PerformanceMonitor) -> Asked:
    options = options_of(question.query)
    if options.window is not None and not monitor.settings.history:
        raise ValueError("window is of no use here: the setting history is 'off'")
    if options.step is not None:
        return Asked(("summary", options), partial(_plotted, monitor, options))
    key = ("summary", options, question.sees_code)
    return Asked(key, partial(_summarised, monitor, options, question.sees_code))


def _summarised(
    monitor: PerformanceMonitor, options: Options, sees_code: bool, pace: Pace
) -> tuple[str, Sequence[bytes]]:
    snapshot, seconds = monitor.snapshot(pace), options.window
    window = None
    if seconds is not None:
        window = monitor.history.window(seconds, snapshot.taken_at, pace, options.until)
    slow = slow_requests(monitor.slow_requests, options, snapshot.taken_at, with_stacks=sees_code)
    return "application/json", written(summarise(snapshot, options.top, pace, text, window, slow), pace)


def _plotted(monitor: PerformanceMonitor, options: Options, pace: Pace) -> tuple[str, Sequence[bytes]]:
    snapshot, seconds = monitor.snapshot(pace), float(options.window or 0)
    found = points(monitor.history, seconds, options.step, snapshot.taken_at, pace, options.until)
    return "application/json", written({**head(snapshot), **columns(found)}, pace)


def _schema(of: Literal["summary", "points"]) -> Callable[[Request, PerformanceMonitor], Asked]:
    def written_schema(pace: Pace) -> tuple[str, Sequence[bytes]]:  # noqa: ARG001
        return "application/schema+json", [json.dumps(schema(of), indent=2).encode() + b"\n"]

    return lambda question, monitor: Asked(("schema", of), written_schema)  # noqa: ARG005


def _dashboard(question: Request, monitor: PerformanceMonitor) -> Asked:  # noqa: ARG001
    # As a browser reads it: what is below a directory, or beside a file.
    below = "" if question.path.endswith("/") else "dashboard/"
    return Asked(("dashboard", below), lambda _: ("text/html; charset=utf-8", [dashboard.page(below)]))


def _asset(name: str, content_type: str) -> Page:
    def asked(question: Request, monitor: PerformanceMonitor) -> Asked:  # noqa: ARG001
        return Asked(("dashboard", name), lambda _: (content_type, [dashboard.asset(name)]))

    return Page("dashboard", asked, dashboard.HEADERS)


def _library(question: Request, monitor: PerformanceMonitor) -> Asked:  # noqa: ARG001
    return Asked(("dashboard", "library"), lambda _: ("text/javascript; charset=utf-8", [dashboard.script()]))


def _shown(question: Request, monitor: PerformanceMonitor) -> Asked:
    options, sees_code = options_of(question.query), question.sees_code

    def make(pace: Pace) -> tuple[str, Sequence[bytes]]:
        shown = dashboard.data_of(monitor, options, pace, sees_code=sees_code)
        return "application/json", written(columns(shown), pace)

    return Asked(("dashboard", "data", options, sees_code), make)


def _profile(question: Request, monitor: PerformanceMonitor) -> Long:
    options = profiling.options_of(question.query, question.liking("accept"))
    below = "" if question.path.endswith("/") else "profile/"
    profiler = monitor.profiler

    def asked(profile: profiling.Profile) -> Asked:
        # A key of its own: two who ask at the same time never have the same.
        return Asked(("profile", id(profile)), partial(profiling.told, profile, below))

    return Long(partial(profiler.take, options), partial(profiler.take_async, options), asked)


def _profile_asset(name: str, content_type: str) -> Page:
    def asked(question: Request, monitor: PerformanceMonitor) -> Asked:  # noqa: ARG001
        return Asked(("profile", name), lambda _: (content_type, [profiling.asset(name)]))

    return Page("profile", asked, profiling.HEADERS)


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "": Page("metrics", _metrics),
        "/summary": Page("summary", _summary, may_show_code=True),
        "/summary/schema": Page("summary", _schema("summary")),
        "/summary/schema/points": Page("summary", _schema("points")),
        "/dashboard": Page("dashboard", _dashboard, dashboard.HEADERS),
        "/dashboard/app.js": _asset("app.js", "text/javascript; charset=utf-8"),
        "/dashboard/style.css": _asset("style.css", "text/css; charset=utf-8"),
        "/dashboard/plotly.js": Page(
            "dashboard", _library, dashboard.HEADERS, "private, max-age=86400", dashboard.has_library
        ),
        "/dashboard/data": Page("dashboard", _shown, dashboard.HEADERS, may_show_code=True),
        # A HEAD would cost as much as a GET, and tell nothing.
        "/profile": Page("profile", _profile, profiling.HEADERS, methods=("GET",), is_long=True),
        "/profile/flame.js": _profile_asset("flame.js", "text/javascript; charset=utf-8"),
        "/profile/style.css": _profile_asset("style.css", "text/css; charset=utf-8"),
    }
)
