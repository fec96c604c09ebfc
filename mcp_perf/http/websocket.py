"""WebSocket connections: their policy and the facts of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .. import catalogue
from ..faults import Faults
from ..registry.family import Family
from ..registry.series import Series
from ..settings import HttpSettings
from ..timing import Clock, outcome
from .company import Around
from .exchange import CLIENT_CLOSED_REQUEST, SERVER_ERROR
from .exclusions import exclusions
from .methods import OTHER
from .routes import Reader, Routes

# RFC 6455, section 7.4.1.
NORMAL = 1000
NO_STATUS = 1005
ABNORMAL = 1006
INTERNAL_ERROR = 1011
# IANA's WebSocket Close Code Number Registry. A client may send any of 2,000 others.
REGISTERED = frozenset({*range(1000, 1004), *range(1005, 1016), 3000, 3003, 3008})
# What a server answers to a handshake that the application refuses (ASGI).
FORBIDDEN = 403


class ConnectionCompanion(Around, Protocol):
    """Goes along with one connection."""

    def ended(self, connection: Connection, elapsed: float, series: Series | None) -> None:
        """The connection has ended and is counted; `elapsed` and `series` as for a request's `Companion`."""


# What gives a connection that has begun its companion, None where nobody goes along. Does not raise.
ConnectionJoin = Callable[["Connection"], ConnectionCompanion | None]


class WebSocketMeasure:
    """Turns the facts of connections into labels and records; `join` says who goes along with one, if any."""

    def __init__(
        self,
        family: Callable[..., Family],
        settings: HttpSettings,
        reader: Reader,
        clock: Clock,
        faults: Faults,
        join: ConnectionJoin | None = None,
    ) -> None:
        self.clock = clock.monotonic
        self.reader = reader
        self.join = join
        self.exclude = exclusions(settings.exclude)
        self._active = family(catalogue.WEBSOCKET_ACTIVE)
        self._total = family(catalogue.WEBSOCKET_TOTAL)
        self.key = f"mcp_perf.connection.{id(self._total)}"
        self._duration = family(catalogue.WEBSOCKET_DURATION)
        self.routes = Routes(settings, reader, faults)
        self.path = reader.path
        self.faults = faults

    def accepted(self, connection: Connection) -> None:
        """A handshake is through: the connection counts as active."""
        try:
            route = self.route(connection)
            if self.exclude is None or route not in self.exclude:
                add = self._active.labels(route).add
                add(1.0)
                connection.leave = add
        except Exception as error:
            self.faults.lost("websocket", error)

    def route(self, connection: Connection) -> str:
        """The label that tells where a connection leads."""
        return self.routes.label(self.routes.of(connection.source))

    def record(self, connection: Connection) -> None:
        """Write down a connection that has ended."""
        elapsed, series = self.clock() - connection.start, None
        try:
            if connection.leave is not None:
                connection.leave(-1.0)
            route = self.route(connection)
            if self.exclude is None or route not in self.exclude:
                self._total.labels(route, connection.code).add(1.0)
                if connection.is_accepted:
                    series = self._duration.labels(route)
                    series.observe(elapsed)
        except Exception as error:
            self.faults.lost("websocket", error)
        if connection.company is not None:
            connection.company.ended(connection, elapsed, series)
        connection.source = None  # it may hold the connection


class Connection:
    """The measurement of one WebSocket, from its handshake to its close. Nothing here raises.

    `code` is the close code, or the HTTP status of a refusal as soon as the application has told it.
    """

    __slots__ = ("code", "company", "error", "is_accepted", "leave", "measure", "open", "source", "start")

    def __init__(self, measure: WebSocketMeasure, source: Any) -> None:
        self.start = measure.clock()
        self.measure = measure
        self.source = source
        self.company: ConnectionCompanion | None = None
        self.error: BaseException | None = None
        self.open = True
        self.is_accepted = False
        self.code: object = None  # not closed yet
        self.leave: Callable[[float], None] | None = None

    def accepted(self) -> None:
        """The application has accepted the handshake."""
        if self.open and not self.is_accepted:
            self.is_accepted = True
            self.measure.accepted(self)

    def left(self, code: object) -> None:
        """The client has gone, with `code`; before the handshake was through as from an HTTP request."""
        if self.open:
            if not self.is_accepted:
                self.code = CLIENT_CLOSED_REQUEST
            else:
                # A plain number: some servers give a member of an enumeration, whose text may be its name.
                self.code = int(code) if isinstance(code, int) and code in REGISTERED else OTHER
            self.end()

    def closed(self, code: object) -> None:
        """The application has closed the connection with `code`; before it was accepted: refused it."""
        if self.open:
            self.code = code if self.is_accepted else FORBIDDEN
            self.end()

    def end(self) -> None:
        """Nobody will say more; a connection that nobody has closed is cut off."""
        if self.open:
            self.open = False
            if self.code is None:
                self.code = ABNORMAL if self.is_accepted else SERVER_ERROR
            self.measure.record(self)

    def fail(self, error: BaseException) -> None:
        """The application was left by `error`."""
        if self.open and self.code is None:
            if outcome(error) == "error":
                self.error = error
                self.code = INTERNAL_ERROR if self.is_accepted else SERVER_ERROR
            elif not self.is_accepted:
                self.code = CLIENT_CLOSED_REQUEST
        self.end()
