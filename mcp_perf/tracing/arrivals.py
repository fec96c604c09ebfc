"""The context that a request arrives with: what its client has propagated."""

from __future__ import annotations

from opentelemetry import propagate
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, TextMapPropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ..http.facts import Facts

# Which write what they read.
_W3C = (TraceContextTextMapPropagator, W3CBaggagePropagator)


class Arrival:
    """Reads the headers of the global propagator, by default those of W3C Trace Context and Baggage."""

    def __init__(self) -> None:
        self._propagator: object = None
        self._fields: frozenset[str] | None = None  # which are not known

    def context(self, facts: Facts, base: Context) -> Context:
        """`base`, with what the request has of another one."""
        propagator = propagate.get_global_textmap()
        if propagator is not self._propagator:
            self._fields = _read_by(propagator)
            self._propagator = propagator
        # Most requests have none, which is sooner said than read out of what is not there.
        if self._fields is not None and self._fields.isdisjoint(facts.names()):
            return base
        return propagator.extract(facts, base, _HEADERS)


def _read_by(propagator: TextMapPropagator) -> frozenset[str] | None:
    """The headers that it reads; None where it is not known: `fields` are those that it writes."""
    parts = getattr(propagator, "_propagators", [propagator])
    if not all(type(one) in _W3C for one in parts):
        return None
    return frozenset(field.lower() for one in parts for field in one.fields)


class _Headers(Getter[Facts]):
    def get(self, carrier: Facts, key: str) -> list[str] | None:
        return carrier.headers(key.lower()) or None

    def keys(self, carrier: Facts) -> list[str]:
        return list(carrier.names())


_HEADERS = _Headers()
