"""`OpenTelemetry`: whether a monitor traces, with whose tracer, and what of those who trace already."""

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
from ..storage.atomic import Lock
from ..timing import Clock
from . import conventions
from .arrivals import Arrival
from .calls import CallSpan
from .conventions import Attributes
from .servers import InnerServerSpan, JoinedSpan, ServerSpan

_UNSAMPLED = TraceFlags(TraceFlags.DEFAULT)
_SERVERS = (SpanKind.SERVER, SpanKind.CONSUMER)


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

    def tracer(self) -> Tracer:
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
        current = trace.get_current_span()
        is_live = _is_live(current)
        if is_live and (isinstance(current, NonRecordingSpan) or getattr(current, "kind", None) in _SERVERS):
            return JoinedSpan(current)
        reader = exchange.measure.reader
        if reader.is_traced_inside is not None and reader.is_traced_inside():
            return InnerServerSpan()
        facts = reader.facts(exchange.source)
        outer = self._arrival.context(facts)
        parent = trace.get_current_span(outer).get_span_context()
        kind = SpanKind.SERVER
        if is_live and parent.trace_id == current.get_span_context().trace_id:
            # Somebody's inside of whose we are, of the same request or around the whole service.
            kind = SpanKind.INTERNAL
            outer = get_current()
        elif parent.is_valid and not parent.is_remote:  # and has ended
            outer = trace.set_span_in_context(trace.INVALID_SPAN, outer)
            parent = trace.INVALID_SPAN_CONTEXT
        method = exchange.method.label
        attributes = conventions.server_attributes(method, facts)
        name = conventions.server_name(method, None)
        return ServerSpan(self._start(name, outer, parent, kind, attributes), outer)

    def _begun(self, name: str, kind: SpanKind, attributes: Attributes) -> CallCompanion | None:
        """What goes along with a call that begins now."""
        try:
            parent = trace.get_current_span().get_span_context()
            if parent.is_valid and not parent.trace_flags.sampled:
                return None  # nobody would find the span among those that are missing
            outer = get_current()
            return CallSpan(self._start(name, outer, parent, kind, attributes), outer, self._faults)
        except Exception as error:
            self._faults.lost("tracing", error)
            return None

    def _start(
        self, name: str, outer: Context, parent: SpanContext, kind: SpanKind, attributes: Attributes
    ) -> Span:
        if self._rate < 1 and not parent.is_valid and self._chance() >= self._rate:
            # That whoever asks inside, or is asked from inside, does not decide anew.
            ids = getrandbits(128) or 1, getrandbits(64) or 1
            return NonRecordingSpan(SpanContext(*ids, is_remote=False, trace_flags=_UNSAMPLED))
        return self.tracer().start_span(name, context=outer, kind=kind, attributes=attributes)


def _is_live(span: Span) -> bool:
    """Whether a span of this process is being made just now, recorded or not."""
    found = span.get_span_context()
    return (
        found.is_valid and not found.is_remote and (span.is_recording() or isinstance(span, NonRecordingSpan))
    )
