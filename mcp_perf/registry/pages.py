"""Pages: where runs of slots are cut from. One process keeps them in heap memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from operator import sub
from typing import Protocol

from ..storage.slots import Slots
from .description import FamilyDescription
from .series import Series
from .snapshot import Distribution, Value

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

    def allocate(self, description: FamilyDescription, labels: tuple[str, ...], length: int) -> Slots:
        """A run of `length` zeroed float64 slots for the series of these label values."""

    def retire(self, description: FamilyDescription, series: Series, then: Value | None) -> None:
        """Take back the run of a series that is no more; what came after it has read `then` still counts."""

    def settle(self) -> list[Late]:
        """Let go of runs that nobody can be writing to any more; gives what else is still to be counted."""

    def forked(self) -> None:
        """This is a fork: what was given out belongs to the parent."""


class HeapPages:
    """Runs in this process's heap; `now` gives seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._retired: list[tuple[float, Late, Slots]] = []

    def allocate(
        self,
        description: FamilyDescription,  # noqa: ARG002 - nobody else has to know whose it is
        labels: tuple[str, ...],  # noqa: ARG002
        length: int,
    ) -> Slots:
        """A run of `length` zeroed float64 slots."""
        return [0.0] * length

    def retire(self, description: FamilyDescription, series: Series, then: Value | None) -> None:
        """Keep the run in view for what is still being written to it; nothing counts where `then` is None."""
        if then is not None:
            amounts = array("d", then.run if isinstance(then, Distribution) else [then])
            self._retired.append((self._now(), Late(description, series.labels, amounts), series.slots))

    def settle(self) -> list[Late]:
        """What was written to retired runs, once nobody can be writing to them any more."""
        limit = self._now() - GRACE
        old = [one for one in self._retired if one[0] <= limit]
        self._retired = [one for one in self._retired if one[0] > limit]
        late = (
            Late(then.description, then.labels, array("d", map(sub, slots, then.amounts)))
            for _, then, slots in old
        )
        return [one for one in late if any(one.amounts)]

    def forked(self) -> None:
        """What was retired is the parent's to count."""
        self._retired = []
