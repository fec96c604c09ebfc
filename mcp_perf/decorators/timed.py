"""`Timed`: one object that is decorator, context manager and async context manager."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar, overload

from ..faults import logger
from ..timing import Clock
from .company import Token
from .engine import wrap
from .recorders import Recorder

_frame = sys._getframe

F = TypeVar("F", bound=Callable[..., Any])
D = TypeVar("D", "staticmethod[Any, Any]", "classmethod[Any, Any, Any]")


class _Entry:
    """One block that was entered; `is_left` once it is over."""

    __slots__ = ("frame", "is_left", "recorder", "timer", "token")

    def __init__(self, timer: Timed, recorder: Recorder, token: Token, frame: int) -> None:
        self.frame = frame
        self.timer = timer
        self.recorder = recorder
        self.token = token
        self.is_left = False

    def end(self, error: BaseException | None) -> None:
        """The block is over, by that error, if any."""
        if error is None:
            self.recorder.succeeded(self.token)
        else:
            self.recorder.failed(self.token, error)


# What this context has entered, innermost first, as (an entry, the rest). Immutable, so that each thread and
# task has its own, and a task starts with its parent's.
_Chain = tuple[_Entry, Any]
_entered: ContextVar[_Chain | None] = ContextVar("mcp_perf_entered", default=None)


def _current() -> _Chain | None:
    """What this context has entered, without what was left in another one meanwhile."""
    chain = _entered.get()
    while chain is not None and chain[0].is_left:
        chain = chain[1]
    return chain


class Timed:
    """Times what it decorates, or the block it is the context manager of.

    One object may be entered many times at once, by recursion, threads and tasks. `find` gives the recorder
    at the first use; `unbind` makes the next use ask again.
    """

    def __init__(self, find: Callable[[], Recorder], what: str = "this decorator") -> None:
        self.value: Recorder | None = None
        self._find = find
        self._what = what
        self._open: list[_Entry] = []

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
        entry = _Entry(self, recorder, recorder.begin(), id(_frame(1)))
        self._open.append(entry)
        chain = _entered.get()
        _entered.set((entry, chain if chain is None or not chain[0].is_left else _current()))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        chain = _entered.get()
        # `_leave`, written out for a block that is the innermost.
        if chain is not None and chain[0].timer is self and not chain[0].is_left:
            entry: _Entry | None = chain[0]
            try:
                self._open.remove(chain[0])
            except ValueError:  # taken by another thread just now, which had to guess
                return
            chain[0].is_left = True
            rest = chain[1]
            _entered.set(rest if rest is None or not rest[0].is_left else _current())
        else:
            entry = self._leave(id(_frame(1)))
        if entry is not None:
            entry.end(error)

    async def __aenter__(self) -> None:
        recorder = self.value or self.bind()
        entry = _Entry(self, recorder, recorder.begin(), id(_frame(1)))
        self._open.append(entry)
        _entered.set((entry, _current()))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        entry = self._leave(id(_frame(1)))
        if entry is not None:
            entry.end(error)

    def _leave(self, frame: int) -> _Entry | None:
        """The innermost entry of this object in this context, and this entry only once.

        A block left in another context than it was entered in (a fixture, a dependency of FastAPI) does not
        find its entry there, and takes the newest of its own frame; where that cannot be told (an
        `ExitStack` enters in a frame of its own), the object's oldest. None for what was never entered.
        """
        chain = _entered.get()
        while chain is not None and (chain[0].is_left or chain[0].timer is not self):
            chain = chain[1]
        try:
            if chain is None:
                own = [one for one in self._open if one.frame == frame]
                entry = own[-1] if own else self._open[0]
            else:
                entry = chain[0]
            self._open.remove(entry)
        except (IndexError, ValueError):  # never entered, or taken by another thread just now
            return None
        entry.is_left = True
        _entered.set(_current())
        return entry
