"""Pages: where runs of slots are cut from. One process keeps them in heap memory."""

from __future__ import annotations

from typing import Protocol, TypeAlias

# A run of float64, zero at first: a list, or a view of shared memory cast to 'd'. Both are read and written
# alike; a list is twice as fast.
Slots: TypeAlias = "list[float] | memoryview[float]"


class Pages(Protocol):
    """Something that gives out runs of slots."""

    def allocate(self, length: int) -> Slots:
        """A run of `length` zeroed float64 slots."""


class HeapPages:
    """Runs in this process's heap; a run lives as long as somebody holds it.

    A run has memory of its own, so that a handle kept past its series' removal writes where nobody reads,
    never into another series.
    """

    def allocate(self, length: int) -> Slots:
        """A run of `length` zeroed float64 slots."""
        return [0.0] * length
