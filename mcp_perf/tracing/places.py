"""Places: a span made the current one for a while, in whatever order and context that comes to an end.

Not by the tokens of `context.attach`, which can be given back only in the context that they are from, and
only in their order: a generator's end, or a dependency's, keeps to neither.
"""

from __future__ import annotations

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span

# What was current before, and what is.
Entered = tuple[Context, Context]


class Example:
    """What stands for a bucket, if it is asked: the ids of a span, zero for one that nobody can look up."""

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span = span

    @property
    def trace_id(self) -> int:
        """Of 128 bits."""
        found = self.span.get_span_context()
        return found.trace_id if found.trace_flags.sampled else 0

    @property
    def span_id(self) -> int:
        """Of 64 bits."""
        return self.span.get_span_context().span_id


class Place(Example):
    """The context in which a span is the current one; `outer` is the one to put it in."""

    __slots__ = ("_inside",)

    def __init__(self, span: Span, outer: Context | None = None) -> None:
        super().__init__(span)
        self._inside = trace.set_span_in_context(span, outer)

    def enter(self) -> Entered:
        """The span is the current one from now on."""
        outer = context.get_current()
        context.attach(self._inside)
        return outer, self._inside

    def leave(self, entered: Entered, error: BaseException | None = None) -> None:  # noqa: ARG002
        """What was current before is it again, unless somebody else has changed that meanwhile."""
        outer, inside = entered
        if context.get_current() is inside:
            context.attach(outer)
