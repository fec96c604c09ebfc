"""Spans of calls: database operations and workflow steps."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import Span

from ..faults import Faults
from ..timing import Outcome
from .conventions import failed
from .places import Place


class CallSpan(Place):
    """The span of one call, the current one while it runs."""

    __slots__ = ("_faults", "span")

    def __init__(self, span: Span, outer: Context | None, faults: Faults) -> None:
        super().__init__(span, outer)
        self.span = span
        self._faults = faults

    def ended(self, outcome: Outcome, error: BaseException | None) -> None:
        """Tell the span how the call has ended, and end it."""
        span = self.span
        if not span.is_recording():
            return
        try:
            if outcome == "error" and error is not None:
                failed(span, error)
            elif outcome == "cancelled":
                span.set_attribute("error.type", outcome)
        except Exception as fault:
            self._faults.lost("tracing", fault)
        span.end()
