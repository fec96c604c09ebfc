"""What a server span is told of the end of its request."""

from __future__ import annotations

from opentelemetry.trace import Span

from ..http.exchange import CLIENT_CLOSED_REQUEST, Exchange
from ..http.routes import UNMATCHED
from .conventions import failed, server_failed, server_name


def route_of(exchange: Exchange) -> str | None:
    """The template, None where none matched."""
    route = exchange.measure.routes.label(exchange.route)
    return None if route == UNMATCHED else route


def is_failure(exchange: Exchange) -> bool:
    """Whether the server has answered with an error of its own, or not at all."""
    return not 0 < _code(exchange) < 500


def end(span: Span, exchange: Exchange, error: BaseException | None, at: int | None = None) -> None:
    """Tell the span all, and end it, at that nanosecond since the epoch; now, if none is given."""
    try:
        route = route_of(exchange)
        span.update_name(server_name(exchange.method.label, route))
        if route is not None:
            span.set_attribute("http.route", route)
        _tell_ending(span, exchange, error)
    except Exception as fault:
        exchange.measure.faults.lost("tracing", fault)
    try:
        span.end(at)
    except Exception as fault:
        exchange.measure.faults.lost("tracing", fault)


def _code(exchange: Exchange) -> int:
    """The status that was sent, 0 for none or for what is no number."""
    return exchange.status if isinstance(exchange.status, int) else 0


def _tell_ending(span: Span, exchange: Exchange, error: BaseException | None) -> None:
    status = _code(exchange)
    if status:
        span.set_attribute("http.response.status_code", int(status))
    if error is not None:
        failed(span, error)
    elif exchange.gone:
        # No fault of the server's, so that the span's status stays as it is.
        span.set_attribute("error.type", str(CLIENT_CLOSED_REQUEST))
    elif is_failure(exchange):
        server_failed(span, status or 500)
