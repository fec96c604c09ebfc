"""Sparse runs: timed records in the heap, of which most slots are zero for ever.

A run is a dictionary of its slots, with all that is before the counts. Frozen, it is *packed*: the numbers of
the slots, in the order in which they were written to first, then what they hold.
"""

from __future__ import annotations

from array import array
from typing import Any, TypeAlias

Sparse: TypeAlias = "dict[int, float]"
Packed: TypeAlias = "tuple[float, ...]"

_HEAD = 3  # what is before the counts: untimed, sum, pending; see `records`
_PENDING = 2


def sparse() -> Sparse:
    """A run without events."""
    return dict.fromkeys(range(_HEAD), 0.0)


def first(slots: Any, slot: int) -> None:
    """Count the first event in a slot of a sparse run."""
    slots.setdefault(slot, 0)  # another thread may have just done so
    slots[slot] += 1


def packed(slots: Sparse) -> Packed:
    """The run as it is now."""
    now = slots.copy()  # in one step: others write meanwhile
    return (*now, *now.values())


def packed_live(slots: Sparse) -> Packed:
    """The run as it is now, as a reading holds it: what is pending does not count yet."""
    now = slots.copy()
    now[_PENDING] = 0.0
    return (*now, *now.values())


def dense(run: Packed, length: int) -> bytes:
    """A packed run as the bytes of all its `length` slots."""
    slots, size = array("d", bytes(8 * length)), len(run) // 2
    for slot, value in zip(run[:size], run[size:], strict=True):
        slots[int(slot)] = value
    return slots.tobytes()
