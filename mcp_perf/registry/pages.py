"""Pages: where runs of slots are cut from. One process keeps them in heap memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from operator import add, sub
from typing import Protocol

from ..storage.column import Columns, one_by_one
from ..storage.records import frozen
from ..storage.slots import Slots
from ..storage.sparse import sparse
from .description import FamilyDescription
from .distribution import Value
from .exemplar import Exemplar
from .runs import slots_of
from .series import Series

# For so many seconds somebody may still be writing to a run that was retired: whoever had looked it up just
# before, and was made to wait by the system.
GRACE = 5.0


@dataclass(frozen=True)
class Late:
    """What was written to a run after its series was retired, as amounts to be added to the series' next."""

    description: FamilyDescription
    labels: tuple[str, ...]
    amounts: array[float]


class Pages(Protocol):
    """Something that gives out runs of slots and takes them back. Nothing here raises."""

    def has_room(self, description: FamilyDescription, labels: tuple[str, ...], most: int) -> bool:
        """Whether one more series is one of at most `most` of its metric, wherever others are."""

    def allocate(self, description: FamilyDescription, labels: tuple[str, ...]) -> Slots:
        """A run of zeroed float64 slots for the series of these label values."""

    def columns(self, runs: Sequence[Slots]) -> Columns:
        """What reads these runs, which are equally long, as long as they are in use."""

    def retire(self, description: FamilyDescription, series: Series, then: Value | None) -> None:
        """Take back the run of a series that is no more; what came after it has read `then` still counts."""

    def exemplify(self, slots: Slots, bucket: int, exemplar: Exemplar | None) -> None:
        """Have the siblings see an exemplar of the series with that run, or that its bucket has none."""

    def settle(self) -> list[Late]:
        """Let go of runs that nobody can be writing to any more; gives what else is still to be counted."""

    def forked(self) -> None:
        """This is a fork: what was given out belongs to the parent."""


class HeapPages:
    """Runs in this process's heap; `now` gives seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._retired: list[_Retired] = []

    def has_room(
        self,
        description: FamilyDescription,  # noqa: ARG002 - there are no others
        labels: tuple[str, ...],  # noqa: ARG002
        most: int,  # noqa: ARG002
    ) -> bool:
        """Always: who asks knows all that are here."""
        return True

    def allocate(
        self,
        description: FamilyDescription,
        labels: tuple[str, ...],  # noqa: ARG002 - nobody else has to know whose it is
    ) -> Slots:
        """A run of zeroed float64 slots."""
        return sparse() if description.grid is not None else [0.0] * description.length

    def columns(self, runs: Sequence[Slots]) -> Columns:
        """What reads these runs."""
        return one_by_one(runs)

    def retire(self, description: FamilyDescription, series: Series, then: Value | None) -> None:
        """Keep the run in view for what is still being written to it; nothing counts where `then` is None."""
        if then is not None:
            self._retired.append(
                _Retired(description, series.labels, series.slots, slots_of(then), self._now() + GRACE)
            )

    def exemplify(self, slots: Slots, bucket: int, exemplar: Exemplar | None) -> None:
        """Nobody else has to see it."""

    def settle(self) -> list[Late]:
        """What was written to retired runs, once nobody can be writing to them any more.

        What is in a gauge may leave it much later, and is followed as long as it is there.
        """
        now = self._now()
        late: list[Late] = []
        for one in self._retired:
            if one.description.kind == "gauge" or one.until <= now:
                late += one.late()
        self._retired = [one for one in self._retired if one.until > now or one.is_in_use()]
        return late

    def forked(self) -> None:
        """What was retired is the parent's to count."""
        self._retired = []


@dataclass
class _Retired:
    """A run in view: `counted` of it has been counted, in its series or the next."""

    description: FamilyDescription
    labels: tuple[str, ...]
    slots: Slots
    counted: array[float]
    until: float

    def late(self) -> list[Late]:
        """What has come since, if anything has."""
        now = array("d", frozen(self.slots, len(self.counted)))
        amounts = array("d", map(sub, now, self.counted))
        if not any(amounts) or any(map(isnan, amounts)):
            return []
        self.counted = array("d", map(add, self.counted, amounts))
        return [Late(self.description, self.labels, amounts)]

    def is_in_use(self) -> bool:
        """Whether something is in a gauge that will leave it; who has the user's writes to the next one."""
        return self.description.is_measured_gauge and self.slots[0] != 0
