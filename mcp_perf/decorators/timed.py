"""`Timed`: one object that is decorator, context manager and async context manager."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar, overload

from ..faults import logger
from ..timing import Clock
from .engine import wrap
from .recorders import Recorder, Token

F = TypeVar("F", bound=Callable[..., Any])
D = TypeVar("D", "staticmethod[Any, Any]", "classmethod[Any, Any, Any]")

# What this context has entered and not left, innermost first: (the timer, its recorder, its token, the
# rest). Immutable, so that each thread and task has its own, and a task starts with its parent's.
_Entered = tuple["Timed", Recorder, Token, Any]
_entered: ContextVar[_Entered | None] = ContextVar("mcp_perf_entered", default=None)


class Timed:
    """Times what it decorates, or the block it is the context manager of.

    One object may be entered many times at once, by recursion, threads and tasks. `find` gives the recorder
    at the first use; `unbind` makes the next use ask again.
    """

    def __init__(self, find: Callable[[], Recorder], what: str = "this decorator") -> None:
        self.value: Recorder | None = None
        self._find = find
        self._what = what
        self._last: tuple[Recorder, Token] | None = None

    @overload
    def __call__(self, target: F) -> F: ...
    @overload
    def __call__(self, target: D) -> D: ...
    def __call__(self, target: Any) -> Any:
        """`target`, timed, of the same kind and signature; TypeError for a class or what cannot be called."""
        if isinstance(target, (staticmethod, classmethod)):
            return type(target)(self(target.__func__))
        if inspect.isclass(target):
            raise TypeError(
                f"{self._what} times functions, not the class {target.__name__}: decorate its methods"
            )
        if not callable(target):
            raise TypeError(f"{self._what} times functions, not {target!r}")
        return wrap(target, self)

    def bind(self) -> Recorder:
        """Find the recorder and keep it."""
        try:
            self.value = self._find()
        except Exception:
            # The call that is about to happen is not ours to fail.
            logger.exception("mcp_perf cannot record %s; its calls go unmeasured", self._what)
            self.value = Recorder(Clock())
        return self.value

    def unbind(self) -> None:
        """Forget the recorder, so that the next use finds the one of the monitor as it is then."""
        self.value = None

    def __enter__(self) -> None:
        recorder = self.value or self.bind()
        token = recorder.begin()
        self._last = (recorder, token)
        _entered.set((self, recorder, token, _entered.get()))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        recorder, token = self._leave()
        if error is None:
            recorder.succeeded(token)
        else:
            recorder.failed(token, error)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _leave(self) -> tuple[Recorder, Token]:
        """The innermost entry of this object in this context.

        A block left in another context than it was entered in (a fixture of an async generator, say) does
        not find its entry, and takes the object's latest.
        """
        skipped: list[_Entered] = []
        entry = _entered.get()
        while entry is not None and entry[0] is not self:
            skipped.append(entry)
            entry = entry[3]
        if entry is None:
            return self._last or (Recorder(Clock()), 0.0)
        rest: _Entered | None = entry[3]
        for owner, recorder, token, _ in reversed(skipped):
            rest = (owner, recorder, token, rest)
        _entered.set(rest)
        return entry[1], entry[2]
