"""Tracing through the API of OpenTelemetry: spans of requests, database operations and workflow steps.

Nothing is imported of it before a monitor is made, and a monitor is content without it.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..decorators.recorders import Recorder
from ..faults import Faults
from ..http.company import Companion, members
from ..http.exchange import Exchange
from ..http.websocket import Connection, ConnectionCompanion
from ..timing import Clock

__all__ = ["Tracing", "trace_of", "tracing_of"]


class Tracing(Protocol):
    """What traces for a monitor. Nothing here raises."""

    def join(self, exchange: Exchange) -> Companion | None:
        """Go along with a request: see `mcp_perf.http.company`."""

    def join_connection(self, connection: Connection) -> ConnectionCompanion | None:
        """Go along with a WebSocket: see `mcp_perf.http.websocket`."""

    def follow_operation(self, recorder: Recorder, system: str, operation: str, table: str) -> None:
        """Give every call of a database operation's recorder a span, as soon as there is a provider."""

    def follow_step(self, recorder: Recorder, workflow: str, step: str) -> None:
        """The same for a workflow step's."""


def trace_of(exchange: Exchange) -> str | None:
    """The id of the trace that a request is recorded in, 32 hexadecimal digits; None for none."""
    ids = (getattr(one, "trace_id", 0) for one in members(exchange.company))
    return next((f"{one:032x}" for one in ids if one), None)


def tracing_of(
    wanted: bool | None, provider: Any, sample_rate: float, *, clock: Clock, faults: Faults
) -> Tracing | None:
    """What traces for a monitor; None where nothing does.

    `wanted` None: where the API is installed. `provider` is a tracer provider, None for the global one,
    which may be set at any time. `sample_rate` is the share of traces that begin here which are recorded.
    Raises ImportError where it is wanted and the API is missing.
    """
    if wanted is False:
        return None
    try:
        from .tracing import OpenTelemetry
    except ImportError as error:
        if wanted or provider is not None:
            raise ImportError(
                "tracing=True needs OpenTelemetry's API: pip install 'mcp_perf[tracing]'"
            ) from error
        return None
    return OpenTelemetry(provider, sample_rate, clock, faults)
