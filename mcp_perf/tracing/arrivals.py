"""The context that a request arrives with: what its client has propagated."""

from __future__ import annotations

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter

from ..http.facts import Facts


class Arrival:
    """Reads the headers of the global propagator, by default those of W3C Trace Context and Baggage."""

    def __init__(self) -> None:
        self._propagator: object = None
        self._fields: frozenset[str] = frozenset()

    def context(self, facts: Facts, base: Context) -> Context:
        """`base`, with what the request has of another one."""
        propagator = propagate.get_global_textmap()
        if propagator is not self._propagator:
            self._fields = frozenset(field.lower() for field in propagator.fields)
            self._propagator = propagator
        # Most requests have none, which is sooner said than read out of what is not there.
        if self._fields.isdisjoint(facts.names()):
            return base
        return propagator.extract(facts, base, _HEADERS)


class _Headers(Getter[Facts]):
    def get(self, carrier: Facts, key: str) -> list[str] | None:
        return carrier.headers(key.lower()) or None

    def keys(self, carrier: Facts) -> list[str]:
        return list(carrier.names())


_HEADERS = _Headers()
