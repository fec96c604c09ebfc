"""`HttpMeasure`: all HTTP policy of one middleware, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from weakref import WeakSet

from .. import catalogue
from ..faults import Faults
from ..registry.family import Family
from ..registry.series import Promise, Sampling, Series, Write
from ..settings import HttpSettings
from ..storage.records import adder
from ..timing import Clock
from .carried import Carried
from .company import Join, together
from .exchange import SERVER_ERROR, Exchange
from .exclusions import exclusions
from .methods import Method, Uncounted, known
from .routes import Reader, Routes


class HttpMeasure:
    """Turns the facts of ended exchanges into labels and records.

    Adapters read `exclude` (paths that are not measured at all, None for none), `path` (what gives the path
    of a source), `key`, `join` (what gives an exchange its company, None where there is none), `forgets`,
    `ready_size` and `metered` (whether bytes are to be reported); the rest is for `Exchange`.
    """

    def __init__(
        self,
        family: Callable[..., Family],
        settings: HttpSettings,
        reader: Reader,
        clock: Clock,
        faults: Faults,
        joins: Sequence[Join] = (),
    ) -> None:
        self.clock = clock.monotonic
        self.join = together(joins)
        self.exclude = exclusions(settings.exclude)
        self.methods: dict[Any, Method] = {}
        # Those of exchanges in flight that are forgotten already among them.
        self._in_use: WeakSet[Method] = WeakSet()
        self._requests = family(catalogue.HTTP_REQUESTS)
        # Under this name a scope, an environment or a request keeps the exchange of this monitor.
        self.key = f"mcp_perf.exchange.{id(self._requests)}"
        self._running = family(catalogue.HTTP_IN_PROGRESS)
        self._exceptions = family(catalogue.HTTP_EXCEPTIONS)
        self._extras = _extras(family, settings)
        self.metered = bool(self._extras)
        self.path = reader.path
        self.reader = reader
        self.forgets = reader.forgets
        # Where bytes are counted they are counted on their way.
        self.ready_size = None if self.metered else reader.ready_size
        self.routes = Routes(settings, reader, faults)
        self.locate = self.routes.asked()
        self.unasked: object = self.routes.unasked
        self._groups = settings.status_groups
        self._sampling = Sampling(settings.sample_rate, clock.chance)
        self.faults = faults
        self._requests.follow(self)
        self._running.follow(self)

    def forget(self) -> None:
        """Keep nothing that was resolved; an exchange in flight ends where it has begun."""
        for method in list(self.methods.values()):
            method.finishers.clear()
            method.promises.clear()
        self.methods.clear()

    def forked(self) -> None:
        """The exchanges in flight are the parent's."""
        for method in self._in_use:
            method.finishers = Uncounted()
            method.is_survived = False
        self.methods.clear()

    def enter(self, method: object) -> Method:
        """What is kept for a method that is not in `methods`."""
        label = known(method)
        # Only labels are keys, so that invented methods do not pile up here.
        kept = self.methods.setdefault(label, Method(label, self._running.labels(label)))
        self._in_use.add(kept)
        if kept.gauge.is_retired:  # just now: whoever forgets has passed here already
            self.methods.pop(label, None)
        return kept

    def is_excluded(self, label: str) -> bool:
        """Whether what leads there is not to be measured."""
        return self.exclude is not None and label in self.exclude

    def exception(self, exchange: Exchange, error: BaseException) -> None:
        """Count an exception that no handler of the application caught, once."""
        if exchange.error is error:
            return
        exchange.error = error
        try:
            exchange.locate()
            route = exchange.label
            if not self.is_excluded(route):
                self._exceptions.labels(exchange.method.label, route, type(error).__name__).add(1.0)
        except Exception as fault:
            self.faults.lost("exception", fault)

    def finisher(self, method: Method, route: Any, status: Any) -> Write:
        """What finishes an exchange of which this is known."""
        leave = adder(method.in_progress)
        try:
            return self._find(method, route, status, leave)
        except Exception as error:
            self.faults.lost("http", error)
            return partial(_leave, leave)

    def _find(self, method: Method, route: Any, status: Any, leave: Write) -> Write:
        label = self.routes.label(route)
        series: Series | None = None
        if self.is_excluded(label):
            finish: Write = partial(_leave, leave)
        else:
            series = self._requests.labels(method.label, label, self._status(status))
            finish = series.writer(self._sampling, method.gauge)
            if self._requests.is_overflow(series):
                return finish
        if (
            type(status) is int
            and (route is None or type(route) is str)
            and len(method.finishers) < 2 * self._requests.cap.max_series
        ):
            finishers = method.finishers
            finishers[route, status] = finish
            if series is not None and series.is_retired:  # as in `enter`
                finishers.pop((route, status), None)
        return finish

    def promise(self, method: Method, route: Any, status: Any) -> Promise | None:
        """What promises that an exchange ends of which this is known; None where nothing is to be counted."""
        label = self.routes.label(route)
        if self.is_excluded(label):
            return None
        series = self._requests.labels(method.label, label, self._status(status))
        promise = series.promised(self._sampling, method.gauge)
        if (
            type(status) is int
            and (route is None or type(route) is str)
            and len(method.promises) < 2 * self._requests.cap.max_series
            and not self._requests.is_overflow(series)
        ):
            promises = method.promises
            promises[route, status] = promise
            if series.is_retired:  # as in `enter`
                promises.pop((route, status), None)
        return promise

    def _status(self, status: Any) -> str:
        try:
            code = int(status) or SERVER_ERROR
        except (TypeError, ValueError, OverflowError) as error:
            self.faults.lost("status", error)
            code = SERVER_ERROR
        return f"{code // 100}xx" if self._groups else str(code)

    def record_extras(self, exchange: Exchange, carried: Carried) -> None:
        """Record the opt-in metrics of an exchange that has ended."""
        try:
            label = exchange.label
            if not self.is_excluded(label):
                for of, family in self._extras:
                    value = of(exchange, carried)
                    if value is not None:
                        family.labels(exchange.method.label, label).observe(value)
        except Exception as error:
            self.faults.lost("http", error)


def _leave(add: Write, elapsed: float) -> None:  # noqa: ARG001 - nobody wants to know how long it took
    add(-1.0)


_Extra = tuple[Callable[[Exchange, Carried], float | None], Family]


def _extras(family: Callable[..., Family], settings: HttpSettings) -> list[_Extra]:
    extras: list[_Extra] = []
    if settings.time_to_first_byte:
        extras.append((_first_byte, family(catalogue.HTTP_FIRST_BYTE)))
    if settings.request_size:
        extras.append((_received, family(catalogue.HTTP_REQUEST_SIZE)))
    if settings.response_size:
        extras.append((_sent, family(catalogue.HTTP_RESPONSE_SIZE)))
    return extras


def _first_byte(exchange: Exchange, carried: Carried) -> float | None:
    return carried.first_byte - exchange.start if carried.first_byte is not None else None


def _received(exchange: Exchange, carried: Carried) -> int:  # noqa: ARG001 - asked like the others
    return carried.received


def _sent(exchange: Exchange, carried: Carried) -> int | None:
    # What an application says to HEAD never leaves the server.
    return 0 if carried.sent is not None and exchange.method.label == "HEAD" else carried.sent
