"""Workflow steps, and the runs that they keep active."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from .decorators.company import Token
from .decorators.recorders import LabelValues, Recorder, Writers
from .registry.family import Family
from .registry.series import Sampling, Series, written_by
from .storage.atomic import atomic
from .storage.slots import Slots
from .timing import Clock, Outcome, outcome

# The number of a run's executing steps, and the gauge that it was added to.
Run = list[Any]


class Workflow:
    """The runs of workflow `name` that have a step executing now; `active` is the family of their gauges.

    A run begins with a step that is in no other step of the workflow, and lasts until the last step begun
    in it has ended, which may be later than its first (a task that outlives the step that started it).
    """

    __slots__ = ("active", "current", "name")

    def __init__(self, name: str, active: Family) -> None:
        self.name = name
        self.active = active
        self.current: ContextVar[Run | None] = ContextVar(f"mcp_perf_run_{name}", default=None)


@atomic
def join(run: Run) -> bool:
    """Add a step to a run, unless that is over."""
    if run[0] > 0:
        run[0] += 1
        return True
    return False


def entering(
    gauge: Slots, current: ContextVar[Run | None], clock: Callable[[], float]
) -> Callable[[], Token]:
    """What begins a step, and gives the token of `StepRecorder`."""
    get, enter = current.get, current.set

    @atomic
    def begin() -> Token:
        outer = get()
        if outer is not None and join(outer):
            return clock(), outer, None
        run = [1, gauge]
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
        self,
        family: Family,
        label_values: LabelValues,
        workflow: Workflow,
        sampling: Sampling,
        clock: Clock,
    ) -> None:
        super().__init__(clock)
        self._workflow = workflow
        self._set = workflow.current.set
        self._reset = workflow.current.reset
        self._writers = Writers(family, label_values, sampling)
        self.begins_with(self._begin)
        workflow.active.follow(self)

    def _begin(self) -> Token:
        """Begin a step, the first one since the gauge was found."""
        workflow = self._workflow
        gauge = workflow.active.labels(workflow.name)
        begin = entering(gauge.slots, workflow.current, self.clock)
        self.begins_with(begin)
        if gauge.is_retired:  # just now: whoever forgets has passed here already
            self.forget()
        return begin()

    def forget(self) -> None:
        """Find the gauge again at the next step; runs that are active go back to theirs."""
        self.begins_with(self._begin)

    forked = forget

    @atomic
    def _leave(self, token: Token, status: str = "success") -> bool | None:
        clock = self.clock  # CPython 3.11 is slow to call what an attribute holds that is no method
        started, run, entered = token
        elapsed = clock() - started
        if entered is not None:  # `_restore`, written out
            try:
                reset = self._reset
                reset(entered)
            except (ValueError, RuntimeError):
                pass
        run[0] -= 1
        if not run[0]:
            run[1][0] -= 1.0
        if started > self._due:
            self._look_again(started)
        write = self._writers[status]
        return write(elapsed)

    succeeded = _leave

    def failed(self, token: Token, error: BaseException) -> bool | None:
        """The step was ended by `error`."""
        return self._leave(token, outcome(error))

    def started(self, token: Token) -> float:
        """See `Recorder.started`."""
        return token[0]  # type: ignore[no-any-return]

    def series(self, how: Outcome) -> Series | None:
        """See `Recorder.series`."""
        return written_by(self._writers[how])

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
