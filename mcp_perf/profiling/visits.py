"""Visits: which request a thread or a task works for, known by whoever looks at it from outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, ContextVar, Token
from types import FrameType
from typing import Any

from ..http.company import companions_of
from ..http.exchange import Exchange
from ..http.routes import UNASKED
from ..registry.series import Series
from ..storage.forks import follow

Ended = Callable[["Visit", Exchange, float], None]


class Visit:
    """The company of one exchange: in its context it says whom the work there is for.

    `exchange` is None once it has ended: what is done then is for nobody. Whoever has seen work for it sets
    `is_seen`, and finds in `label` the route that it has ended with. `looks` is for who counts such work.
    """

    __slots__ = ("exchange", "is_seen", "label", "looks", "visits")

    exchange: Exchange | None
    visits: Visits
    is_seen: bool
    label: str | None
    looks: Any

    def enter(self) -> Token[Visit | None]:
        """See `Companion`."""
        return self.visits.current.set(self)

    def leave(self, entered: Any, error: BaseException | None = None) -> None:  # noqa: ARG002
        """See `Companion`."""
        with suppress(ValueError):  # closed in another context, by the collector of garbage
            self.visits.current.reset(entered)

    def completing(self, exchange: Exchange) -> None:
        """See `Companion`."""

    def ended(self, exchange: Exchange, elapsed: float, series: Series | None) -> None:  # noqa: ARG002
        """See `Companion`."""
        # The exchange holds this: a cycle that only the collector of cycles would break.
        self.exchange = None
        visits = self.visits
        if self.is_seen:
            self.label = exchange.label
        if visits.is_watched:
            visits.in_flight.pop(id(self), None)
            if elapsed > visits.longest:
                try:
                    visits.on_long(self, exchange, elapsed)
                except Exception as error:
                    exchange.measure.faults.lost("slow request", error)

    def dropped(self) -> None:
        """See `Companion`."""
        self.exchange = None
        self.visits.in_flight.pop(id(self), None)


class Visits:
    """Those of one monitor, whose `join` is one of its joins.

    With `longest` those `in_flight` are known, oldest first, and `on_long` is told of each that has taken
    more seconds than that; `begin` is called with the first of a process.
    """

    def __init__(
        self,
        longest: float | None = None,
        on_long: Ended | None = None,
        begin: Callable[[], object] | None = None,
    ) -> None:
        self.current: ContextVar[Visit | None] = ContextVar("mcp_perf visit", default=None)
        self.in_flight: dict[int, Visit] = {}
        self.is_watched = longest is not None
        self.longest = longest if longest is not None else float("inf")
        self.on_long = on_long or _nobody
        self._begin = begin
        self._has_begun = False
        follow(self)

    def join(self, exchange: Exchange) -> Visit:
        """See `mcp_perf.http.company.Join`."""
        # Not in an __init__, which costs another call.
        visit = Visit()
        visit.exchange = exchange
        visit.visits = self
        visit.is_seen = False
        visit.label = visit.looks = None
        if self.is_watched:
            self.in_flight[id(visit)] = visit
            if not self._has_begun:
                self._has_begun = True
                if self._begin is not None:
                    self._begin()
        return visit

    def here(self, frame: FrameType) -> Visit | None:
        """The visit that the call of a frame is about: None if this is no such call, or one of others."""
        for one in companions_of(frame):
            if type(one) is Visit and one.visits is self:
                return one
        return None

    def within(self, context: Context | None) -> Visit | None:
        """The visit that work in a context is for."""
        return context.get(self.current) if context is not None else None

    def forked(self) -> None:
        """This is a child: the visits in flight are the parent's."""
        self.in_flight.clear()
        self._has_begun = False


def route_so_far(visit: Visit) -> str | None:
    """The label `route` of a visit: that it has ended with, or that it would end with now.

    None where nobody knows it yet, or only the user's own callables do: these are for requests that have
    ended, and in the thread that they have ended in. Nothing of the exchange is changed.
    """
    exchange = visit.exchange
    if exchange is None:
        return visit.label
    if exchange.route is not UNASKED:
        return exchange.label
    routes = exchange.measure.routes
    template = routes.template_so_far(exchange.source)
    return routes.label(template) if template is not None else None


def _nobody(visit: Visit, exchange: Exchange, elapsed: float) -> None:
    """Nobody wants to know."""
