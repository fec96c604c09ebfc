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


class _Mark:
    """In a context: that it is the inside of a place, which may be over by now; `outer` is what was before.

    Not the place itself, which has the context: a cycle that only the collector of cycles would break.
    """

    __slots__ = ("is_over", "outer", "span")

    def __init__(self, span: Span, outer: Context) -> None:
        self.span = span
        self.outer = outer
        self.is_over = False


_MARK = context.create_key("mcp_perf-place")


class Place(Example):
    """The context in which a span is the current one; `outer` is the one to put it in."""

    __slots__ = ("_inside", "_mark")

    def __init__(self, span: Span, outer: Context) -> None:
        super().__init__(span)
        self._mark = _Mark(span, outer)
        self._inside = context.set_value(_MARK, self._mark, trace.set_span_in_context(span, outer))

    def enter(self) -> Entered:
        """The span is the current one from now on."""
        # Not what others have left behind: a connection would hold all of its requests, each by the next one.
        outer = self._mark.outer = here()
        self._mark.is_over = False
        context.attach(self._inside)
        return outer, self._inside

    def leave(self, entered: Entered, error: BaseException | None = None) -> None:  # noqa: ARG002
        """What was current before is it again, unless somebody else has changed that meanwhile."""
        outer, inside = entered
        self._mark.is_over = True
        if context.get_current() is inside:
            context.attach(_still_there(outer))

    def close(self) -> None:
        """What goes on in this context is not in there any more, but what somebody has left behind."""
        self._mark.is_over = True


def _still_there(outer: Context) -> Context:
    """What is to be current again: not the inside of a place that was left in the meantime."""
    mark = context.get_value(_MARK, outer)
    while isinstance(mark, _Mark) and mark.is_over and trace.get_current_span(outer) is mark.span:
        outer = mark.outer
        mark = context.get_value(_MARK, outer)
    return outer


def here() -> Context:
    """The current context, or if that is what somebody has left behind, the one before.

    Uvicorn goes on reading a connection in the context of the request that it has stopped at.
    """
    found = context.get_current()
    mark = context.get_value(_MARK, found)
    while isinstance(mark, _Mark) and mark.is_over:
        found = mark.outer
        mark = context.get_value(_MARK, found)
    return found
