"""Others, who trace already, or want nothing traced."""

from __future__ import annotations

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanKind

from ..http.routes import Reader

SERVERS = (SpanKind.SERVER, SpanKind.CONSUMER)
# What the instrumentations of OpenTelemetry go by; there is no public name of it in the API.
_SUPPRESSED = getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", None)


def is_suppressed(found: Context) -> bool:
    """Whether somebody wants no spans of what happens here: exporters, of their own requests."""
    return _SUPPRESSED is not None and bool(context.get_value(_SUPPRESSED, found))


def is_traced_inside(reader: Reader) -> bool:
    """Whether the application makes a server span of its own."""
    return reader.is_traced_inside is not None and reader.is_traced_inside()


def is_server(span: Span) -> bool:
    """Whether somebody else has a server span just now, or has decided that there is none."""
    is_one = isinstance(span, NonRecordingSpan) or getattr(span, "kind", None) in SERVERS
    return is_one and is_live(span)


def is_live(span: Span) -> bool:
    """Whether a span of this process is being made just now, recorded or not."""
    found = span.get_span_context()
    return (
        found.is_valid and not found.is_remote and (span.is_recording() or isinstance(span, NonRecordingSpan))
    )
