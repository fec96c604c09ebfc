"""Spans of calls: database operations and workflow steps."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import Span

from ..decorators.company import Ending
from ..faults import Faults
from ..registry.series import Series
from .conventions import failed
from .places import Place


class CallSpan(Place):
    """The span of one call, the current one while it runs."""

    __slots__ = ("_faults",)

    def __init__(self, span: Span, outer: Context, faults: Faults) -> None:
        super().__init__(span, outer)
        self._faults = faults

    def ended(self, ending: Ending, series: Series | None) -> None:
        """Tell the span how the call has ended, and end it; it may be the example of its bucket."""
        span = self.span
        if not span.is_recording():
            return
        if series is not None:
            series.exemplify(ending.elapsed, ending.at, self)
        try:
            if ending.how == "error" and ending.error is not None:
                failed(span, ending.error)
            elif ending.how == "cancelled":
                span.set_attribute("error.type", ending.how)
        except Exception as fault:
            self._faults.lost("tracing", fault)
        try:
            span.end()
        except Exception as fault:
            self._faults.lost("tracing", fault)
