"""Spans of calls: database operations and workflow steps."""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry.context import Context
from opentelemetry.trace import Span

from ..faults import Faults
from ..registry.series import Series
from ..timing import Outcome
from .conventions import failed
from .places import SAMPLED, Place


class CallSpan(Place):
    """The span of one call, the current one while it runs."""

    __slots__ = ("_faults", "_now", "span")

    def __init__(self, span: Span, outer: Context | None, faults: Faults, now: Callable[[], float]) -> None:
        super().__init__(span, outer)
        self.span = span
        self._faults = faults
        self._now = now

    def ended(self, how: Outcome, error: BaseException | None, elapsed: float, series: Series | None) -> None:
        """Tell the span how the call has ended, and end it; it may be the example of its bucket."""
        span = self.span
        if series is not None:
            found = span.get_span_context()
            if found.trace_flags & SAMPLED:
                series.exemplify(elapsed, self._now(), found)
        if not span.is_recording():
            return
        try:
            if how == "error" and error is not None:
                failed(span, error)
            elif how == "cancelled":
                span.set_attribute("error.type", how)
        except Exception as fault:
            self._faults.lost("tracing", fault)
        span.end()
