"""`OpenTelemetry`: whether a monitor traces, with whose tracer, and what of what happens."""

from __future__ import annotations

from functools import partial
from random import getrandbits
from typing import Any
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, Tracer

from ..decorators.company import Companion as CallCompanion
from ..decorators.company import Join
from ..decorators.recorders import Recorder
from ..faults import Faults
from ..http.company import Companion
from ..http.exchange import Exchange
from ..http.facts import Facts
from ..http.websocket import Connection, ConnectionCompanion
from ..storage.atomic import Lock
from ..timing import Clock
from . import conventions
from .arrivals import Arrival
from .calls import CallSpan
from .connections import ConnectionSpan
from .conventions import Attributes
from .joined import InnerServerSpan, JoinedSpan
from .others import is_live, is_server, is_suppressed, is_traced_inside
from .places import here
from .servers import ServerSpan

_UNSAMPLED = TraceFlags(TraceFlags.DEFAULT)


class OpenTelemetry:
    """Gives the requests and calls of one monitor their spans, as soon as there is a tracer provider.

    Arguments as for `tracing_of`. Nothing here raises.
    """

    def __init__(self, provider: Any, sample_rate: float, clock: Clock, faults: Faults) -> None:
        self._own = provider
        self._rate = sample_rate
        self._chance = clock.chance
        self._faults = faults
        self._from: object = None
        self._arrival = Arrival()
        self._tracer: Tracer = trace.NoOpTracer()
        # Recorders that have no company yet, and who will be theirs.
        self._waiting: WeakKeyDictionary[Recorder, Join] = WeakKeyDictionary()
        self._lock = Lock()
        if not hasattr(trace, "_TRACER_PROVIDER"):  # as it is in all versions up to now
            self._own = trace.get_tracer_provider()

    @property
    def is_on(self) -> bool:
        """Whether there is a provider."""
        # Not by the public question, which looks into the environment each time: more than all else we do.
        return self._own is not None or trace._TRACER_PROVIDER is not None

    def _tracer_now(self) -> Tracer:
        """The tracer of the provider that there is."""
        provider = self._own if self._own is not None else trace.get_tracer_provider()
        if provider is not self._from:
            self._tracer = provider.get_tracer("mcp_perf", schema_url=conventions.SCHEMA_URL)
            self._from = provider
        return self._tracer

    def join(self, exchange: Exchange) -> Companion | None:
        """Go along with a request: see `mcp_perf.http.company`."""
        if self._own is None and trace._TRACER_PROVIDER is None:
            return None
        try:
            if self._waiting:
                self.look()
            return self._joined(exchange)
        except Exception as error:
            self._faults.lost("tracing", error)
            return None

    def join_connection(self, connection: Connection) -> ConnectionCompanion | None:
        """Go along with a WebSocket, unless somebody else traces it: see `mcp_perf.http.websocket`."""
        if not self.is_on:
            return None
        try:
            self.look()
            return self._connection_span(connection)
        except Exception as error:
            self._faults.lost("tracing", error)
            return None

    def follow_operation(self, recorder: Recorder, system: str, operation: str, table: str) -> None:
        """See `Tracing.follow_operation`."""
        attributes = conventions.database_attributes(system, operation, table)
        self._follow(recorder, conventions.database_name(operation, table), SpanKind.CLIENT, attributes)

    def follow_step(self, recorder: Recorder, workflow: str, step: str) -> None:
        """See `Tracing.follow_step`."""
        attributes = conventions.step_attributes(workflow, step)
        self._follow(recorder, conventions.step_name(workflow, step), SpanKind.INTERNAL, attributes)

    def _follow(self, recorder: Recorder, name: str, kind: SpanKind, attributes: Attributes) -> None:
        self._waiting[recorder] = partial(self._begun, name, kind, attributes)
        recorder.watch(self.look)
        self.look()

    def look(self) -> None:
        """Whether there is a provider by now."""
        if self.is_on:
            with self._lock:
                while self._waiting:
                    recorder, join = self._waiting.popitem()
                    recorder.accompany(join)

    def _joined(self, exchange: Exchange) -> Companion | None:
        base = here()
        if is_suppressed(base):
            return None
        current = trace.get_current_span(base)
        if is_server(current):
            return JoinedSpan(current, base)
        reader = exchange.measure.reader
        if is_traced_inside(reader):
            # What is done before it is there belongs to the client's trace, too.
            return InnerServerSpan(self._late, self._arrival.context(reader.facts(exchange.source), base))
        return ServerSpan(*self._server_span(exchange, base))

    def _connection_span(self, connection: Connection) -> ConnectionSpan | None:
        base, reader = here(), connection.measure.reader
        if is_suppressed(base) or is_server(trace.get_current_span(base)) or is_traced_inside(reader):
            return None
        facts = reader.facts(connection.source)
        attributes = conventions.connection_attributes(facts)
        return ConnectionSpan(*self._arrived(facts, base, conventions.connection_name(None), attributes))

    def _late(self, exchange: Exchange, began: int) -> Span:
        return self._server_span(exchange, here(), began)[0]

    def _server_span(
        self, exchange: Exchange, base: Context, began: int | None = None
    ) -> tuple[Span, Context]:
        facts, method = exchange.measure.reader.facts(exchange.source), exchange.method.label
        attributes = conventions.server_attributes(method, facts)
        return self._arrived(facts, base, conventions.server_name(method, None), attributes, began)

    def _arrived(
        self, facts: Facts, base: Context, name: str, attributes: Attributes, began: int | None = None
    ) -> tuple[Span, Context]:
        """A span of what has arrived, and what it is in; `base` may be in a span that is no server's."""
        outer = self._arrival.context(facts, base)
        parent = trace.get_current_span(outer).get_span_context()
        around = trace.get_current_span(base)
        kind = SpanKind.SERVER
        if parent.is_valid and parent.trace_id == around.get_span_context().trace_id and is_live(around):
            # Of the same request, or around the whole service.
            kind = SpanKind.INTERNAL
            outer = base
        elif parent.is_valid and not parent.is_remote:  # and has ended
            outer = trace.set_span_in_context(trace.INVALID_SPAN, outer)
            parent = trace.INVALID_SPAN_CONTEXT
        return self._start(name, outer, parent, kind, attributes, began), outer

    def _begun(self, name: str, kind: SpanKind, attributes: Attributes) -> CallCompanion | None:
        """What goes along with a call that begins now."""
        try:
            outer = get_current()
            current = trace.get_current_span(outer)
            parent = current.get_span_context()
            if parent.is_valid and not parent.trace_flags.sampled and not current.is_recording():
                return None  # nobody would find the span among those that are missing
            if is_suppressed(outer):
                return None
            return CallSpan(self._start(name, outer, parent, kind, attributes), outer, self._faults)
        except Exception as error:
            self._faults.lost("tracing", error)
            return None

    def _start(
        self,
        name: str,
        outer: Context,
        parent: SpanContext,
        kind: SpanKind,
        attributes: Attributes,
        began: int | None = None,
    ) -> Span:
        if self._rate < 1 and not parent.is_valid and self._chance() >= self._rate:
            # That whoever asks inside, or is asked from inside, does not decide anew.
            ids = getrandbits(128) or 1, getrandbits(64) or 1
            return NonRecordingSpan(SpanContext(*ids, is_remote=False, trace_flags=_UNSAMPLED))
        return self._tracer_now().start_span(
            name, context=outer, kind=kind, attributes=attributes, start_time=began
        )
