"""Sparse runs: timed records in the heap, of which most slots are zero for ever.

A run is a dictionary of its slots, to which slots come and from which none goes. So the numbers that it holds
at one moment, in the order in which the slots came, say all: which slots these are the run tells later too.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Sparse: TypeAlias = "dict[int, float]"

_MADE = -1  # the slot that tells a run from another one that holds the same
_HEAD = (0, 1, 2, _MADE)  # untimed, sum, pending; see `records`
COUNTS = len(_HEAD)  # where the counts begin among what a run holds


def sparse() -> Sparse:
    """A run without events."""
    return {**dict.fromkeys(_HEAD, 0.0), _MADE: perf_counter()}


def first(slots: Any, slot: int) -> None:
    """Count the first event in a slot of a sparse run."""
    slots.setdefault(slot, 0)  # another thread may have just done so
    slots[slot] += 1


def held(slots: Sparse) -> tuple[float, ...]:
    """What a run holds now, the counts from `COUNTS` on."""
    return tuple(_all(slots.values()))


def counted(slots: Sparse, numbers: Sequence[float]) -> zip[tuple[int, float]]:
    """The slots that have counts, and these, for what a run held once."""
    return zip(_all(slots)[COUNTS:], numbers[COUNTS:])  # noqa: B905 - more slots may have come


def dense(slots: Sparse, numbers: Sequence[float], length: int) -> bytes:
    """What a run held once as the bytes of all its `length` slots."""
    found = array("d", bytes(8 * length))
    found[: COUNTS - 1] = array("d", numbers[: COUNTS - 1])
    for slot, count in counted(slots, numbers):
        found[slot] = count
    return found.tobytes()


def _all(items: Iterable[T]) -> list[T]:
    while True:
        try:
            return [*items]  # in one step: others write meanwhile
        except RuntimeError:  # a slot has come amid it: from another thread where there is no GIL
            continue
