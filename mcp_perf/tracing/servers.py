"""Server spans of ours, one for each request that nobody else has one of."""

from __future__ import annotations

from time import time_ns

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.trace import Span

from ..http.exchange import Exchange
from ..registry.series import Series
from ..timing import outcome
from .endings import end
from .places import Entered, Place


class ServerSpan(Place):
    """A span of ours, the current one while the application runs, ended with the exchange.

    What has answered may still be left by an exception, which belongs to the span: the reason of a 5xx, or
    of an answer that others have completed. It is told as soon as the application is left, with the time of
    the end of the exchange.
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
        """See `Companion.leave`. Whatever the application has left behind, the next request is not in it."""
        context.attach(entered[0])
        self._is_inside = False
        if self._ended is not None:
            exchange, at = self._ended
            self._ended = None
            end(self.span, exchange, error if outcome(error) == "error" else None, at)

    def completing(self, exchange: Exchange) -> None:
        """The span is told all at its end."""

    def ended(self, exchange: Exchange, elapsed: float, series: Series | None) -> None:
        """Tell the span how the exchange has ended, and end it; it may be the example of its bucket."""
        self.close()
        if not self.span.is_recording():
            return
        if series is not None:
            series.exemplify(elapsed, exchange.start + elapsed, self)
        if self._is_inside and exchange.error is None and not exchange.gone:
            self._ended = exchange, time_ns()
        else:
            end(self.span, exchange, exchange.error)

    def dropped(self) -> None:
        """A span that never ends is shown to nobody."""
        self.close()
