"""`HttpMeasure`: all HTTP policy of one middleware, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import catalogue
from ..faults import Faults
from ..registry.family import Family
from ..settings import HttpSettings
from ..timing import Clock
from .exchange import Exchange
from .exclusions import exclusions
from .methods import known
from .routes import Reader, Routes

CLIENT_CLOSED_REQUEST = 499  # nginx's code, which has become the field's


class HttpMeasure:
    """Turns the facts of ended exchanges into labels and records.

    Adapters read `exclude` (paths that are not measured at all, None for none), `path` (what gives the path
    of a source), `key` and `metered` (whether bytes are to be reported); the rest is for `Exchange`.
    """

    def __init__(
        self,
        family: Callable[..., Family],
        settings: HttpSettings,
        reader: Reader,
        clock: Clock,
        faults: Faults,
    ) -> None:
        self.clock = clock.monotonic
        self.exclude = exclusions(settings.exclude)
        self.in_progress: dict[Any, tuple[str, Callable[[float], None]]] = {}
        self._requests = family(catalogue.HTTP_REQUESTS)
        # Under this name a scope, an environment or a request keeps the exchange of this monitor.
        self.key = f"mcp_perf.exchange.{id(self._requests)}"
        self._running = family(catalogue.HTTP_IN_PROGRESS)
        self._exceptions = family(catalogue.HTTP_EXCEPTIONS)
        self._extras = _extras(family, settings)
        self.metered = bool(self._extras)
        self._routes = Routes(settings, reader, faults)
        self._asks = self._routes.asks
        self._template = reader.template
        self.path = reader.path
        self._groups = settings.status_groups
        self._rate = settings.sample_rate
        self._chance = clock.chance
        self._faults = faults
        # By what a request has: raw method, route and status. Bounded, see `_find`.
        self._hot: dict[tuple[str, str | None, int], Any] = {}

    def enter(self, method: object) -> tuple[str, Callable[[float], None]]:
        """The label of a method that is not in `in_progress`, and what adds to its gauge."""
        label = known(method)
        # Only labels are keys, so that invented methods do not pile up here.
        return self.in_progress.setdefault(label, (label, self._running.labels(label).add))

    def locate(self, source: Any) -> str | None:
        """The route of a request."""
        return self._routes.of(source)

    def record(self, exchange: Exchange) -> None:
        """Write down an exchange that has ended."""
        elapsed = self.clock() - exchange.start
        exchange.running(-1.0)
        try:
            route = exchange.route
            if route is None:
                route = self._routes.of(exchange.source) if self._asks else self._template(exchange.source)
            # The source may hold the exchange: a cycle that only the collector of cycles would break.
            exchange.source = None
            exchange.route = route
            status = CLIENT_CLOSED_REQUEST if exchange.gone else exchange.status
            try:
                series = self._hot[exchange.method, route, status]
            except (KeyError, TypeError):
                series = self._find(exchange.method, route, status)
            if self._rate >= 1.0 or self._chance() < self._rate:
                series.observe(elapsed)
            else:
                series.skip(1.0)
            if self.metered and series is not _NOWHERE:
                self._record_extras(exchange, route)
        except Exception as error:
            self._lost(exchange, elapsed, error)

    def exception(self, exchange: Exchange, error: BaseException) -> None:
        """Count an exception that no handler of the application caught, once."""
        if exchange.error is error:
            return
        exchange.error = error
        try:
            if exchange.open:
                exchange.locate()
            route = self._routes.label(exchange.route)
            if self.exclude is None or route not in self.exclude:
                self._exceptions.labels(exchange.method, route, type(error).__name__).add(1.0)
        except Exception as fault:
            self._faults.lost("exception", fault)

    def _find(self, method: str, route: Any, status: Any) -> Any:
        label = self._routes.label(route)
        if self.exclude is not None and label in self.exclude:
            series: Any = _NOWHERE
        else:
            series = self._requests.labels(method, label, self._status(status))
            if self._requests.is_overflow(series):
                return series
        if (route is None or isinstance(route, str)) and len(self._hot) < 2 * self._requests.max_series:
            self._hot[method, route, status] = series
        return series

    def _status(self, status: Any) -> str:
        code = int(status) or 500  # no response at all: the server answers 500
        return f"{code // 100}xx" if self._groups else str(code)

    def _record_extras(self, exchange: Exchange, route: str | None) -> None:
        label = self._routes.label(route)
        for of, family in self._extras:
            value = of(exchange)
            if value is not None:
                family.labels(exchange.method, label).observe(value)

    def _lost(self, exchange: Exchange, elapsed: float, error: Exception) -> None:
        """Count a request whose labels could not be made, with what can be said of it."""
        self._faults.lost("http", error)
        try:
            status = CLIENT_CLOSED_REQUEST if exchange.gone else exchange.status
            self._find(exchange.method, None, status if isinstance(status, int) else 0).observe(elapsed)
        except Exception as fault:
            self._faults.lost("http", fault)


class _Nowhere:
    """The series of what is excluded."""

    def observe(self, value: float) -> None:
        """Drop it."""

    skip = observe


_NOWHERE = _Nowhere()

_Extra = tuple[Callable[[Exchange], float | None], Family]


def _extras(family: Callable[..., Family], settings: HttpSettings) -> list[_Extra]:
    extras: list[_Extra] = []
    if settings.time_to_first_byte:
        extras.append((_first_byte, family(catalogue.HTTP_FIRST_BYTE)))
    if settings.request_size:
        extras.append((lambda exchange: float(exchange.received), family(catalogue.HTTP_REQUEST_SIZE)))
    if settings.response_size:
        extras.append((lambda exchange: float(exchange.sent), family(catalogue.HTTP_RESPONSE_SIZE)))
    return extras


def _first_byte(exchange: Exchange) -> float | None:
    return exchange.first_byte - exchange.start if exchange.first_byte is not None else None
