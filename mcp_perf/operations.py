"""Database operations, workflow steps and other calls: which series they are recorded in."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache

from . import catalogue
from .decorators.recorders import OutcomeRecorder, Recorder, Token, recorder
from .registry.family import Family, Series
from .registry.labels import OVERFLOW
from .storage.atomic import atomic
from .timing import Clock


# How many different recorders and workflows are kept, where a caller invents their names as it goes.
_KEPT = 1024


class Operations:
    """Makes the recorders of one monitor; `family` gives the family of a catalogue entry.

    `rate` is the share of events that is timed, from 0 to 1.
    """

    def __init__(self, family: Callable[..., Family], clock: Clock) -> None:
        self._family = family
        self._clock = clock
        self._workflows: dict[str, _Workflow] = {}
        # A context manager is often made anew for each block: the same names find the same recorder.
        self.db = lru_cache(_KEPT)(self._db)
        self.step = lru_cache(_KEPT)(self._step)
        self.call = lru_cache(_KEPT)(self._call)

    def _db(self, operation: str, table: str, rate: float) -> Recorder:
        family = self._family(catalogue.DB_OPERATIONS)
        return recorder(lambda status: family.labels(operation, table, status), self._clock, rate)

    def _step(self, workflow: str, step: str, rate: float) -> Recorder:
        family = self._family(catalogue.WORKFLOW_STEPS)
        steps = recorder(lambda status: family.labels(workflow, step, status), self._clock, rate)
        return _StepRecorder(steps, self._runs(workflow), self._clock)

    def _call(self, name: str, labels: tuple[tuple[str, str], ...], rate: float) -> Recorder:
        family = self._family(catalogue.CALLS, tuple(label for label, _ in labels))
        values = tuple(value for _, value in labels)
        return recorder(lambda status: family.labels(name, status, *values), self._clock, rate)

    def _runs(self, workflow: str) -> _Workflow:
        if workflow not in self._workflows and len(self._workflows) >= _KEPT:
            workflow = OVERFLOW
        runs = self._workflows.get(workflow)
        if runs is None:
            active = self._family(catalogue.ACTIVE_WORKFLOWS).labels(workflow)
            runs = self._workflows.setdefault(workflow, _Workflow(workflow, active))
        return runs


class _Workflow:
    """The runs of one workflow that have a step executing now.

    A run begins with a step that is in no other step of the workflow, and lasts until the last step begun
    in it has ended, which may be later than its first (a task that outlives the step that started it).
    """

    __slots__ = ("active", "current")

    def __init__(self, name: str, active: Series) -> None:
        self.active = active.add
        # The number of executing steps of the run that this context is in, in a list of one.
        self.current: ContextVar[list[int] | None] = ContextVar(f"mcp_perf_run_{name}", default=None)


@atomic
def _join(run: list[int]) -> bool:
    if run[0] > 0:
        run[0] += 1
        return True
    return False


@atomic
def _part(run: list[int]) -> bool:
    run[0] -= 1
    return run[0] == 0


class _StepRecorder(Recorder):
    """Records a step and keeps its workflow's run active meanwhile."""

    resumes = True

    def __init__(self, steps: OutcomeRecorder, workflow: _Workflow, clock: Clock) -> None:
        super().__init__(clock)
        self._steps = steps
        self._active = workflow.active
        self._current = workflow.current
        self.begin = self._enter

    def _enter(self) -> Token:
        outer = self._current.get()
        if outer is not None and _join(outer):
            run = outer
        else:
            run = [1]
            self._active(1.0)
            self._current.set(run)
        return self._steps.begin(), run, outer

    def succeeded(self, token: Token) -> None:
        """The step has returned."""
        started, run, outer = token
        self._steps.succeeded(started)
        self._leave(run, outer)

    def failed(self, token: Token, error: BaseException) -> None:
        """The step was ended by `error`."""
        started, run, outer = token
        self._steps.failed(started, error)
        self._leave(run, outer)

    def resume(self, token: Token) -> None:
        """What a generator's body calls now is in its run."""
        self._current.set(token[1])

    def suspend(self, token: Token) -> None:
        """What the generator's consumer calls now is not in its run."""
        self._current.set(token[2])

    def _leave(self, run: list[int], outer: list[int] | None) -> None:
        if _part(run):
            self._active(-1.0)
        if run is not outer:
            self._current.set(outer)
