"""Server spans of somebody else, which ours join."""

from __future__ import annotations

from collections.abc import Callable
from time import time_ns
from typing import Any

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span

from ..http.exchange import Exchange
from ..registry.series import Series
from .conventions import server_name
from .endings import end, route_of
from .others import SERVERS, is_server
from .places import Example

# Makes a server span of a request that has begun at that nanosecond since the epoch.
Late = Callable[[Exchange, int], Span]


class JoinedSpan(Example):
    """The server span of somebody else, which lacks perhaps the route.

    What it is the current one in, `inside`, is theirs. Where they have left it before the body is through,
    the rest of the body is made in there all the same.
    """

    __slots__ = ("_inside",)

    def __init__(self, span: Span, inside: Context) -> None:
        super().__init__(span)
        self._inside = inside

    def enter(self) -> Any:
        """See `Companion.enter`."""
        outer = context.get_current()
        if outer is not self._inside:
            context.attach(self._inside)
        return outer

    def leave(self, entered: Any, error: BaseException | None = None) -> None:  # noqa: ARG002
        """See `Companion.leave`."""
        if entered is not context.get_current():
            context.attach(entered)

    def completing(self, exchange: Exchange) -> None:
        """Tell the span its route, if nobody has: it may end before the exchange does."""
        exchange.locate()
        try:
            self._tell_route(exchange)
        except Exception as error:
            exchange.measure.faults.lost("tracing", error)

    def ended(self, exchange: Exchange, elapsed: float, series: Series | None) -> None:
        """The same, where nobody has said that the end was near; the span's end is not for us to say."""
        self.completing(exchange)
        if series is not None and self.span.get_span_context().trace_flags.sampled:
            series.exemplify(elapsed, exchange.start + elapsed, self)

    def dropped(self) -> None:
        """It is not ours."""

    def _tell_route(self, exchange: Exchange) -> None:
        span = self.span
        route = route_of(exchange)
        if route is None or not span.is_recording() or getattr(span, "kind", None) not in SERVERS:
            return
        if "http.route" not in (getattr(span, "attributes", None) or {}):
            span.set_attribute("http.route", route)
        if getattr(span, "name", "") == server_name(exchange.method.label, None):
            span.update_name(server_name(exchange.method.label, route))


class InnerServerSpan(JoinedSpan):
    """The server span that the application makes inside of us: it is there when the answer comes out.

    Where somebody between has answered, it is not: then one is made of the request when it has ended.
    """

    __slots__ = ("_late",)

    def __init__(self, late: Late, outside: Context) -> None:
        super().__init__(trace.INVALID_SPAN, outside)
        self._late = late

    def completing(self, exchange: Exchange) -> None:
        """As for any other, once it is known: who completes the answer is the application, in its span."""
        found = trace.get_current_span()
        if self.span is trace.INVALID_SPAN and is_server(found):
            self.span = found
        super().completing(exchange)

    def ended(self, exchange: Exchange, elapsed: float, series: Series | None) -> None:
        """As for any other, if there was one."""
        self.completing(exchange)
        if not self.span.get_span_context().is_valid:
            try:
                self.span = self._late(exchange, time_ns() - round(1e9 * elapsed))
                end(self.span, exchange, exchange.error)
            except Exception as error:
                exchange.measure.faults.lost("tracing", error)
        super().ended(exchange, elapsed, series)
