"""One request and its answer: the facts an adapter reports, in an object of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..timing import outcome

if TYPE_CHECKING:
    from .measure import HttpMeasure


class Exchange:
    """The measurement of one request, from its first sight to the last byte of the answer.

    An adapter makes one when it first sees the request, sets what it learns (`status`, `gone`, the bytes)
    and calls `end` when the last byte is out, or `fail` where an exception comes instead. Only the first
    ending counts. `source` is what a ``route=`` callable gets; it is let go at the end, when `route` is known.
    Nothing here raises.
    """

    __slots__ = (
        "error",
        "first_byte",
        "gone",
        "measure",
        "method",
        "open",
        "received",
        "route",
        "running",
        "sent",
        "source",
        "start",
        "status",
    )

    def __init__(self, measure: HttpMeasure, method: Any, source: Any) -> None:
        self.start = measure.clock()
        self.measure = measure
        self.source = source
        self.status = 0  # no response has begun
        self.gone = False  # the client has not gone away
        self.open = True
        self.route: str | None = None
        self.error: BaseException | None = None
        try:
            self.method, self.running = measure.in_progress[method]
        except (KeyError, TypeError):
            self.method, self.running = measure.enter(method)
        self.running(1.0)
        if measure.metered:
            self.first_byte: float | None = None
            self.received = 0
            self.sent = 0

    def locate(self) -> None:
        """Ask for the route now, where the framework forgets it before the end."""
        if self.route is None:
            self.route = self.measure.locate(self.source)

    def end(self) -> None:
        """The last byte is out, or there will be none."""
        if self.open:
            self.open = False
            self.measure.record(self)

    def fail(self, error: BaseException) -> None:
        """The application was left by `error`."""
        if outcome(error) == "cancelled":
            self.gone = self.gone or self.open
        else:
            self.uncaught(error)
            self.status = self.status or 500
        self.end()

    def uncaught(self, error: BaseException) -> None:
        """No handler of the application caught `error`. What follows from the client's going is no fault."""
        if not self.gone:
            self.measure.exception(self, error)

    def bytes_in(self, count: int) -> None:
        """`count` bytes of the request's body have come; for adapters to call where `measure.metered`."""
        self.received += count

    def bytes_out(self, count: int) -> None:
        """`count` bytes of the answer's body go out, perhaps none; likewise."""
        if self.first_byte is None:
            self.first_byte = self.measure.clock()
        self.sent += count
