"""What a server span is told of the end of its request."""

from __future__ import annotations

from opentelemetry.trace import Span

from ..http.exchange import SERVER_ERROR, Exchange
from ..http.routes import UNMATCHED
from .conventions import failed, server_failed, server_name


def route_of(exchange: Exchange) -> str | None:
    """The template, None where none matched."""
    return None if exchange.label == UNMATCHED else exchange.label


def is_failure(exchange: Exchange) -> bool:
    """Whether the server has answered with an error of its own, or not at all."""
    return not 0 < exchange.sent < SERVER_ERROR


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


def _tell_ending(span: Span, exchange: Exchange, error: BaseException | None) -> None:
    if exchange.sent:
        span.set_attribute("http.response.status_code", exchange.sent)
    if error is not None:
        failed(span, error)
    elif exchange.gone:
        # No fault of the server's, so that the span's status stays as it is.
        span.set_attribute("error.type", str(exchange.code))
    elif is_failure(exchange):
        server_failed(span, exchange.code)
