"""Database operations, workflow steps and other calls: which recorder each of them has."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from . import catalogue
from .decorators.recorders import OutcomeRecorder, Recorder
from .registry.family import Family
from .registry.labels import OVERFLOW
from .registry.series import Sampling
from .timing import Clock
from .tracing import Tracing
from .workflows import StepRecorder, Workflow

# How many different recorders and workflows are kept, where a caller invents their names as it goes.
_KEPT = 1024


class Operations:
    """Makes the recorders of one monitor; `family` gives the family of a catalogue entry.

    `tracing` gives database operations, of the system `db_system`, and steps their spans; None: they have
    none. `rate` is the share of events that is timed, from 0 to 1.
    """

    def __init__(
        self, family: Callable[..., Family], clock: Clock, tracing: Tracing | None, db_system: str
    ) -> None:
        self._family = family
        self._clock = clock
        self._tracing = tracing
        self._db_system = db_system
        self._workflows: dict[str, Workflow] = {}
        # A context manager is often made anew for each block: the same names find the same recorder.
        self.db = lru_cache(_KEPT)(self._db)
        self.step = lru_cache(_KEPT)(self._step)
        self.call = lru_cache(_KEPT)(self._call)

    def _db(self, operation: str, table: str, rate: float) -> Recorder:
        family = self._family(catalogue.DB_OPERATIONS)
        recorder = OutcomeRecorder(
            family, lambda status: (operation, table, status), self._sampling(rate), self._clock
        )
        if self._tracing is not None:
            self._tracing.follow_operation(recorder, self._db_system, operation, table)
        return recorder

    def _step(self, workflow: str, step: str, rate: float) -> Recorder:
        family = self._family(catalogue.WORKFLOW_STEPS)
        recorder = StepRecorder(
            family,
            lambda status: (workflow, step, status),
            self._runs(workflow),
            self._sampling(rate),
            self._clock,
        )
        if self._tracing is not None:
            self._tracing.follow_step(recorder, workflow, step)
        return recorder

    def _call(self, name: str, labels: tuple[tuple[str, str], ...], rate: float) -> Recorder:
        family = self._family(catalogue.CALLS, tuple(label for label, _ in labels))
        values = tuple(value for _, value in labels)
        return OutcomeRecorder(
            family, lambda status: (name, status, *values), self._sampling(rate), self._clock
        )

    def _sampling(self, rate: float) -> Sampling:
        return Sampling(rate, self._clock.chance)

    def _runs(self, workflow: str) -> Workflow:
        if workflow not in self._workflows and len(self._workflows) >= _KEPT:
            workflow = OVERFLOW
        runs = self._workflows.get(workflow)
        if runs is None:
            active = self._family(catalogue.ACTIVE_WORKFLOWS)
            runs = self._workflows.setdefault(workflow, Workflow(workflow, active))
        return runs
