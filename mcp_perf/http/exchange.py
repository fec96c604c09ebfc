"""One request and its answer: the facts an adapter reports, in an object of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..registry.series import Promise, written_by
from ..storage.atomic import atomic
from ..storage.records import raise_pending
from ..timing import outcome
from .carried import Carried
from .company import Companion
from .routes import UNASKED

if TYPE_CHECKING:
    from .measure import HttpMeasure

CLIENT_CLOSED_REQUEST = 499  # nginx's code, which has become the field's
SERVER_ERROR = 500  # what a server answers where the application has given nothing to answer


class Exchange:
    """The measurement of one request, from its first sight to the last byte of the answer.

    An adapter makes one when it first sees the request, sets what it learns (`status`, `gone`, and what is
    `carried`, where that is not None) and calls `end` when the last byte is out, or `fail` where an exception
    comes instead. Only the first ending counts. `source` is what a ``route=`` callable gets; it is let go at
    the end, when `route` is known. Nothing here raises.
    """

    __slots__ = (
        "carried",
        "company",
        "error",
        "gone",
        "measure",
        "method",
        "open",
        "promised",
        "route",
        "source",
        "start",
        "status",
    )

    @atomic
    def begin(self, measure: HttpMeasure, method: Any, source: Any) -> None:
        """The request was seen. Not __init__, since a class with one of Python's costs another call."""
        self.open = False
        # Into a variable first: CPython 3.11 is slow to call what an attribute holds that is no method.
        clock = measure.clock
        self.start = clock()
        self.measure = measure
        self.source = source
        self.route: Any = measure.unasked
        self.status = 0  # no response has begun
        self.gone = False  # the client has not gone away
        self.error: BaseException | None = None
        self.promised: Promise | None = None
        # Set by who calls this, outside of it, since those who join may take their time.
        self.company: Companion | None = None
        self.carried = Carried(measure.clock) if measure.metered else None
        try:
            self.method = measure.methods[method]
        except (KeyError, TypeError):
            self.method = measure.enter(method)
        self.method.in_progress[0] += 1.0
        self.open = True

    @property
    def sent(self) -> int:
        """The status that was sent, 0 for none; where that was no number, 500, as its label has it."""
        try:
            return int(self.status)
        except (TypeError, ValueError, OverflowError):
            return SERVER_ERROR

    @property
    def code(self) -> int:
        """The status that its label has, but never in groups."""
        return CLIENT_CLOSED_REQUEST if self.gone else self.sent or SERVER_ERROR

    @property
    def label(self) -> str:
        """The label `route`, as far as the route is known."""
        return self.measure.routes.label(self.route)

    def locate(self) -> None:
        """Ask for the route now, where the framework forgets it before the end."""
        if self.route is UNASKED:
            measure = self.measure
            locate = measure.locate
            try:
                self.route = locate(self.source)
            except Exception as error:
                self.route = None
                measure.faults.lost("route", error)

    def end(self) -> None:
        """The last byte is out, or there will be none."""
        if not self.open:
            return
        self.open = False
        measure = self.measure
        clock = measure.clock
        elapsed = clock() - self.start
        route = self.route
        if route is UNASKED:  # `locate`, written out: a call less
            locate = measure.locate
            try:
                route = locate(self.source)
            except Exception as error:
                route = None
                measure.faults.lost("route", error)
            self.route = route
        status = CLIENT_CLOSED_REQUEST if self.gone else self.status
        promised = self.promised
        if promised is None:
            try:
                finish = self.method.finishers[route, status]
            except Exception:  # a miss, or what cannot be a key
                finish = measure.finisher(self.method, route, status)
        elif self.gone:
            promised.add(-1.0)
            finish = measure.finisher(self.method, route, status)
        else:
            finish = promised.keep
        is_untimed = finish(elapsed)
        if self.carried is not None:
            measure.record_extras(self, self.carried)
        if self.company is not None:
            self.company.ended(self, elapsed, None if is_untimed else written_by(finish))
        # The source may hold the exchange: a cycle that only the collector of cycles would break.
        self.source = None

    def promise(self) -> None:
        """The server gets the last of the answer now: it counts even if this process is killed in that."""
        method = self.method
        if not self.open or self.promised is not None or self.gone or not self.status:
            return
        self.locate()
        route, status = self.route, self.status
        try:
            promised: Promise | None = method.promises.get((route, status))
            if promised is None:
                promised = self.measure.promise(method, route, status)
        except Exception as error:
            self.measure.faults.lost("http", error)
            return
        if promised is not None:
            raise_pending(promised.slots)
            self.promised = promised

    def fail(self, error: BaseException) -> None:
        """The application was left by `error`."""
        if outcome(error) == "cancelled":
            self.client_gone()
        else:
            self.uncaught(error)
            self.status = self.status or SERVER_ERROR
        self.end()

    def client_gone(self) -> None:
        """The client has gone away; after the end nobody cares."""
        self.gone = self.gone or self.open

    def uncaught(self, error: BaseException) -> None:
        """No handler of the application caught `error`. What follows from the client's going is no fault."""
        if not self.gone:
            self.measure.exception(self, error)

    def sends_itself(self) -> None:
        """The server sends the body by itself, so that nobody knows how much."""
        if self.carried is not None:
            self.carried.sent = None

    @atomic
    def drop(self) -> None:
        """This request is not to be measured after all."""
        if self.open:
            self.open = False
            self.source = None
            self.method.in_progress[0] -= 1.0
            if self.company is not None:
                self.company.dropped()


def drop(held: Iterable[object]) -> None:
    """Drop the measurements among what a scope, an environment or a request holds.

    The metrics app does so, wherever it is mounted: what looks on leaves no trace.
    """
    for one in list(held):
        if isinstance(one, Exchange):
            one.drop()
