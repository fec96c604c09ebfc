"""Lists made shorter: what is greatest stays, and how much was left out is said.

Of what there may be a hundred thousand of no objects are kept but numbers, texts and what was there before:
many others at once would have the collector of garbage go through all that the application has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import merge, nsmallest
from math import isnan
from typing import Any

from ..pace import Pace

Labels = tuple[str, ...]
# What is kept of an entry: itself, or its text.
Keep = Callable[[dict[str, Any]], Any]
# The entries, and how many more there are; None for the latter where nothing is to be left out.
Shortened = tuple[list[Any], int | None]

_SORTED_AT_ONCE = 1000


def in_order(labels: Sequence[Labels], pace: Pace) -> list[int]:
    """The places of labels in the order of these."""
    key = labels.__getitem__
    runs = []
    for first in range(0, len(labels), _SORTED_AT_ONCE):
        runs.append(sorted(range(first, min(first + _SORTED_AT_ONCE, len(labels))), key=key))
        pace()
    if len(runs) < 2:
        return runs[0] if runs else []
    found = []
    for place in merge(*runs, key=key):
        found.append(place)
        pace()
    return found


def greatest(sizes: Sequence[float], top: int, labels: Callable[[int], Labels], pace: Pace) -> list[int]:
    """The places of the greatest sizes, those first, ties by their labels."""

    def key(place: int) -> tuple[bool, float, Labels]:
        pace()
        return isnan(sizes[place]), -sizes[place], labels(place)

    return nsmallest(top, range(len(sizes)), key=key)


def made(places: Iterable[int], entry: Callable[[int], dict[str, Any]], keep: Keep, pace: Pace) -> list[Any]:
    """What is kept of the entries at these places."""
    entries = []
    for place in places:
        entries.append(keep(entry(place)))
        pace()
    return entries


def named(name: str, shortened: tuple[Any, int | None]) -> dict[str, Any]:
    """The entries under their name, and beside them how many were left out, if any were to be."""
    entries, omitted = shortened
    return {name: entries} if omitted is None else {name: entries, f"{name}_omitted": omitted}
