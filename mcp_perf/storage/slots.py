"""Slots: a run of numbers that events are written to."""

from __future__ import annotations

from typing import TypeAlias

# A run of float64, zero at first: a list, or a view of shared memory cast to 'd'. Both are read and written
# alike; a list is twice as fast.
Slots: TypeAlias = "list[float] | memoryview[float]"
