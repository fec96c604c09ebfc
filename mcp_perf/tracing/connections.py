"""Spans of WebSockets, as long as the connection."""

from __future__ import annotations

from opentelemetry import context
from opentelemetry.trace import Span

from ..http.exchange import CLIENT_CLOSED_REQUEST, SERVER_ERROR
from ..http.routes import UNMATCHED
from ..http.websocket import Connection
from ..registry.series import Series
from .conventions import connection_name, failed, server_failed
from .places import Entered, Place


class ConnectionSpan(Place):
    """A span of ours, the current one while the application runs, ended with the connection."""

    __slots__ = ()

    def leave(self, entered: Entered, error: BaseException | None = None) -> None:  # noqa: ARG002
        """See `Around.leave`. Whatever the application has left behind, the next request is not in it."""
        context.attach(entered[0])

    def ended(self, connection: Connection, elapsed: float, series: Series | None) -> None:
        """Tell the span how the connection has ended, and end it; it may be the example of its bucket."""
        self.close()
        if not self.span.is_recording():
            return
        if series is not None:
            series.exemplify(elapsed, connection.start + elapsed, self)
        try:
            _tell(self.span, connection)
        except Exception as fault:
            connection.measure.faults.lost("tracing", fault)
        try:
            self.span.end()
        except Exception as fault:
            connection.measure.faults.lost("tracing", fault)


def _tell(span: Span, connection: Connection) -> None:
    route = connection.measure.route(connection)
    if route != UNMATCHED:
        span.set_attribute("http.route", route)
        span.update_name(connection_name(route))
    # What a handshake that was accepted is answered differs by version of HTTP, and only the server knows it.
    status = connection.code if not connection.is_accepted else None
    if status == CLIENT_CLOSED_REQUEST:
        span.set_attribute("error.type", str(status))
        return
    if isinstance(status, int):
        span.set_attribute("http.response.status_code", status)
    if connection.error is not None:
        failed(span, connection.error)
    elif isinstance(status, int) and status >= SERVER_ERROR:
        server_failed(span, status)
