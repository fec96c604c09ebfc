"""Slots: a run of numbers that events are written to."""

from __future__ import annotations

from typing import TypeAlias

from .sparse import Sparse

# A run of float64, zero at first: a list, a view of shared memory cast to 'd', or, of a timed record in the
# heap, only those slots that something was written to. They are read and written alike, but for the first
# count of a slot (`sparse.first`); a list is twice as fast as a view.
Slots: TypeAlias = "list[float] | memoryview[float] | Sparse"
