"""Sparse runs: timed records in the heap, of which most slots are zero for ever.

A run is a dictionary of its slots, with all that is before the counts. Frozen, it is *packed*: the numbers of
the slots as 32 bits each, in the order in which they were written to first, then what they hold as float64.
"""

from __future__ import annotations

from array import array
from typing import Any, TypeAlias

Sparse: TypeAlias = "dict[int, float]"

_HEAD = 3  # what is before the counts: untimed, sum, pending; see `records`
_PENDING = 2
_ENTRY = 12  # bytes


def sparse() -> Sparse:
    """A run without events."""
    return dict.fromkeys(range(_HEAD), 0.0)


def first(slots: Any, slot: int) -> None:
    """Count the first event in a slot of a sparse run."""
    slots.setdefault(slot, 0)  # another thread may have just done so
    slots[slot] += 1


def packed(slots: Sparse) -> bytes:
    """The run as it is now."""
    now = slots.copy()  # in one step: others write meanwhile
    return array("I", now).tobytes() + array("d", now.values()).tobytes()


def packed_live(slots: Sparse) -> bytes:
    """The run as it is now, as a reading holds it: what is pending does not count yet."""
    now = slots.copy()
    now[_PENDING] = 0.0
    return array("I", now).tobytes() + array("d", now.values()).tobytes()


def unpacked(run: bytes) -> tuple[array[int], array[float]]:
    """The slots of a packed run, those before the counts first, and what they hold."""
    cut = 4 * (len(run) // _ENTRY)
    return array("I", run[:cut]), array("d", run[cut:])


def dense(run: bytes, length: int) -> bytes:
    """A packed run as the bytes of all its `length` slots."""
    slots = array("d", bytes(8 * length))
    for slot, value in zip(*unpacked(run), strict=True):
        slots[slot] = value
    return slots.tobytes()
