"""Workflow steps, and the runs that they keep active."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

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


class StepRecorder(Recorder):
    """Counts and times a step by outcome, and keeps its workflow's run active meanwhile.

    A token is (when it began, its run, the run that the context was in before). What a step in no other
    step needs is written out, since calls are what costs.
    """

    resumes = True

    def __init__(
        self, series_of: Callable[[str], Series], workflow: Workflow, sampling: Sampling, clock: Clock
    ) -> None:
        super().__init__(clock)
        self._series_of = series_of
        self._sampling = sampling
        self._active = workflow.active
        self._gauge = workflow.active.slots
        self._get = workflow.current.get
        self._set = workflow.current.set
        # By outcome: what writes down a step, and what does so and ends its run.
        self._writers: dict[str, Callable[[float], None]] = {}
        self._enders: dict[str, Callable[[float], None]] = {}
        self.begin = self._enter

    @atomic
    def _enter(self) -> Token:
        outer = self._get()
        if outer is not None and join(outer):
            return self._clock(), outer, outer
        run = [1]
        gauge = self._gauge
        gauge[0] += 1.0
        self._set(run)
        return self._clock(), run, outer

    @atomic
    def _leave(self, token: Token, status: str = "success") -> None:
        started, run, outer = token
        elapsed = self._clock() - started
        if run is not outer:
            self._set(outer)
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

    def resume(self, token: Token) -> None:
        """What a generator's body calls now is in its run."""
        self._set(token[1])

    def suspend(self, token: Token) -> None:
        """What the generator's consumer calls now is not in its run."""
        self._set(token[2])

    def _resolve(self, writers: dict[str, Callable[[float], None]], status: str) -> Callable[[float], None]:
        gauge = self._active if writers is self._enders else None
        write = writers[status] = self._series_of(status).writer(self._sampling, gauge)
        return write
