"""Signals: of what rate, errors and duration are read, one for each kind of thing that happens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from . import catalogue
from .catalogue import FamilySpec


@dataclass(frozen=True)
class Signal:
    """One kind of thing that happens: `name` is its section of the summary.

    `family` has its events and durations; its last label is the outcome, all others say which thing it was.
    An outcome that `failure`, an RE2 expression, matches as a whole is one of a failure. `active` are those
    that have not ended, which the summary calls `active_name`; events it calls `counted_as`.
    """

    name: str
    family: FamilySpec
    failure: str
    active: FamilySpec | None = None
    active_name: str = ""
    counted_as: str = "count"

    @property
    def things(self) -> tuple[str, ...]:
        """The labels that say which thing it was."""
        return self.family.labelnames[:-1]

    @property
    def outcome(self) -> str:
        """The label that says how it ended."""
        return self.family.labelnames[-1]

    @property
    def total(self) -> str:
        """The counter of all that have ended, without the namespace."""
        return self.family.metrics[0].name

    @property
    def duration(self) -> str:
        """The histogram of their durations, without the namespace."""
        return self.family.metrics[1].name

    def is_failure(self, outcome: str) -> bool:
        """Whether whatever ended like this has failed."""
        return _matches(self.failure, outcome)


@lru_cache(maxsize=1024)
def _matches(expression: str, text: str) -> bool:
    return re.fullmatch(expression, text) is not None


HTTP = Signal("http", catalogue.HTTP_REQUESTS, "5..", catalogue.HTTP_IN_PROGRESS, "in_progress", "requests")
DATABASE = Signal("database", catalogue.DB_OPERATIONS, "error")
WORKFLOWS = Signal("workflows", catalogue.WORKFLOW_STEPS, "error", catalogue.ACTIVE_WORKFLOWS, "active")
CALLS = Signal("calls", catalogue.CALLS, "error")

SIGNALS = (HTTP, DATABASE, WORKFLOWS)
