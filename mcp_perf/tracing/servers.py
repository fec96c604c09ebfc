"""Server spans: one for each request, ours or that of whoever traced it before."""

from __future__ import annotations

from time import time_ns
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from ..http.exchange import CLIENT_CLOSED_REQUEST, Exchange
from ..http.routes import UNMATCHED
from ..registry.series import Series
from ..timing import outcome
from .conventions import failed, server_name
from .places import Entered, Example, Place


class ServerSpan(Place):
    """A span of ours, the current one while the application runs, ended with the exchange.

    What has answered 5xx may still be left by the exception that was the reason, which belongs to the span:
    it is told as soon as the application is left, with the time of the exchange's end.
    """

    __slots__ = ("_ended", "_is_inside")

    def __init__(self, span: Span, outer: Context) -> None:
        super().__init__(span, outer)
        self._is_inside = False
        self._ended: tuple[Exchange, int] | None = None  # which is yet to be told, and when that was

    def enter(self) -> Entered:
        """See `Companion.enter`."""
        self._is_inside = True
        return super().enter()

    def leave(self, entered: Entered, error: BaseException | None = None) -> None:
        """See `Companion.leave`."""
        super().leave(entered)
        self._is_inside = False
        if self._ended is not None:
            exchange, at = self._ended
            self._ended = None
            self._end(exchange, error if outcome(error) == "error" else None, at)

    def completing(self, exchange: Exchange) -> None:
        """The span is told all at its end."""

    def ended(self, exchange: Exchange, elapsed: float, series: Series | None) -> None:
        """Tell the span how the exchange has ended, and end it; it may be the example of its bucket."""
        if not self.span.is_recording():
            return
        if series is not None:
            series.exemplify(elapsed, exchange.start + elapsed, self)
        if self._is_inside and exchange.error is None and not exchange.gone and _is_failure(exchange):
            self._ended = exchange, time_ns()
        else:
            self._end(exchange, exchange.error, None)

    def dropped(self) -> None:
        """A span that never ends is shown to nobody."""

    def _end(self, exchange: Exchange, error: BaseException | None, at: int | None) -> None:
        span = self.span
        try:
            route = _route(exchange)
            span.update_name(server_name(exchange.method.label, route))
            if route is not None:
                span.set_attribute("http.route", route)
            _tell_ending(span, exchange, error)
        except Exception as fault:
            exchange.measure.faults.lost("tracing", fault)
        span.end(at)


class JoinedSpan(Example):
    """The server span of somebody else, which lacks perhaps the route."""

    __slots__ = ()

    def enter(self) -> Any:
        """It is the current one already."""

    def leave(self, entered: Any, error: BaseException | None = None) -> None:
        """It stays the current one."""

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
        route = _route(exchange)
        if route is None or not span.is_recording():
            return
        if "http.route" not in (getattr(span, "attributes", None) or {}):
            span.set_attribute("http.route", route)
        if getattr(span, "name", "") == server_name(exchange.method.label, None):
            span.update_name(server_name(exchange.method.label, route))


class InnerServerSpan(JoinedSpan):
    """The server span that the application makes inside of us: it is there when the answer comes out."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(trace.INVALID_SPAN)

    def completing(self, exchange: Exchange) -> None:
        """As for any other, once it is known: who completes the answer is the application, in its span."""
        if self.span is trace.INVALID_SPAN:
            self.span = trace.get_current_span()
        super().completing(exchange)


def _route(exchange: Exchange) -> str | None:
    route = exchange.measure.routes.label(exchange.route)
    return None if route == UNMATCHED else route


def _code(exchange: Exchange) -> int:
    """The status that was sent, 0 for none or for what is no number."""
    return exchange.status if isinstance(exchange.status, int) else 0


def _is_failure(exchange: Exchange) -> bool:
    return not 0 < _code(exchange) < 500


def _tell_ending(span: Span, exchange: Exchange, error: BaseException | None) -> None:
    status = _code(exchange)
    if status:
        span.set_attribute("http.response.status_code", int(status))
    if error is not None:
        failed(span, error)
    elif exchange.gone:
        # No fault of the server's, so that the span's status stays as it is.
        span.set_attribute("error.type", str(CLIENT_CLOSED_REQUEST))
    elif _is_failure(exchange):
        span.set_attribute("error.type", str(status or 500))
        span.set_status(Status(StatusCode.ERROR))
