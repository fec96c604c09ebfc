"""Workflow steps, and the runs that they keep active."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from .decorators.recorders import Recorder, Token
from .registry.family import Sampling, Series
from .storage.atomic import atomic
from .timing import Clock, outcome


class Workflow:
    """The runs of one workflow that have a step executing now; `active` is the series that counts them.

    A run begins with a step that is in no other step of the workflow, and lasts until the last step begun
    in it has ended, which may be later than its first (a task that outlives the step that started it).
    """

    __slots__ = ("active", "current")

    def __init__(self, name: str, active: Series) -> None:
        self.active = active
        # The number of executing steps of the run that this context is in, in a list of one.
        self.current: ContextVar[list[int] | None] = ContextVar(f"mcp_perf_run_{name}", default=None)


@atomic
def join(run: list[int]) -> bool:
    """Add a step to a run, unless that is over."""
    if run[0] > 0:
        run[0] += 1
        return True
    return False


def entering(workflow: Workflow, clock: Callable[[], float]) -> Callable[[], Token]:
    """What begins a step, and gives the token of `StepRecorder`."""
    current, gauge = workflow.current, workflow.active.slots
    get, enter = current.get, current.set

    @atomic
    def begin() -> Token:
        outer = get()
        if outer is not None and join(outer):
            return clock(), outer, None
        run = [1]
        gauge[0] += 1.0
        entered = enter(run)
        return clock(), run, entered

    return begin


class StepRecorder(Recorder):
    """Counts and times a step by outcome, and keeps its workflow's run active meanwhile.

    A token is (when it began, its run, the context variable's token where it began the run). What a step in
    no other step needs is written out, since calls are what costs.
    """

    resumes = True

    def __init__(
        self, series_of: Callable[[str], Series], workflow: Workflow, sampling: Sampling, clock: Clock
    ) -> None:
        super().__init__(clock)
        self._series_of = series_of
        self._sampling = sampling
        self._active = workflow.active
        self._set = workflow.current.set
        self._reset = workflow.current.reset
        # By outcome: what writes down a step, and what does so and ends its run.
        self._writers: dict[str, Callable[[float], None]] = {}
        self._enders: dict[str, Callable[[float], None]] = {}
        self.begin = entering(workflow, self._clock)

    @atomic
    def _leave(self, token: Token, status: str = "success") -> None:
        clock = self._clock  # CPython 3.11 is slow to call what an attribute holds that is no method
        started, run, entered = token
        elapsed = clock() - started
        if entered is not None:  # `_restore`, written out
            try:
                reset = self._reset
                reset(entered)
            except (ValueError, RuntimeError):
                pass
        run[0] -= 1
        writers = self._writers if run[0] else self._enders
        try:
            write = writers[status]
        except KeyError:
            write = self._resolve(writers, status)
        write(elapsed)

    succeeded = _leave

    def failed(self, token: Token, error: BaseException) -> None:
        """The step was ended by `error`."""
        self._leave(token, outcome(error))

    def detach(self, token: Token) -> Token:
        """What the generator's consumer calls now is not in its run."""
        started, run, entered = token
        self._restore(entered)
        return started, run, None

    def resume(self, token: Token) -> Any:
        """What a generator's body calls now is in its run."""
        return self._set(token[1])

    def suspend(self, step: Any) -> None:
        """What the generator's consumer calls now is in the run that it was in before."""
        self._restore(step)

    def _restore(self, entered: Any) -> None:
        if entered is not None:
            try:
                self._reset(entered)
            except (ValueError, RuntimeError):
                pass  # a step that ends in another context than it began in leaves this one as it is

    def _resolve(self, writers: dict[str, Callable[[float], None]], status: str) -> Callable[[float], None]:
        gauge = self._active if writers is self._enders else None
        write = writers[status] = self._series_of(status).writer(self._sampling, gauge)
        return write
