"""Lists made shorter: what is greatest stays, and how much was left out is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from math import isnan
from typing import Any, TypeVar

T = TypeVar("T")
Labels = tuple[str, ...]
# The entries, and how many more there are; None for the latter where nothing is to be left out.
Shortened = tuple[list[dict[str, Any]], int | None]


def by_size(
    things: Sequence[T], top: int | None, size: Callable[[T], float], labels: Callable[[T], Labels]
) -> tuple[Iterable[T], int | None]:
    """All things by their labels; with `top` the greatest only, those first, ties by their labels."""
    if top is None:
        return sorted(things, key=labels), None

    def key(thing: T) -> tuple[bool, float, Labels]:
        found = size(thing)
        return isnan(found), -found, labels(thing)

    return nsmallest(top, things, key=key), max(len(things) - top, 0)


def named(name: str, shortened: tuple[Any, int | None]) -> dict[str, Any]:
    """The entries under their name, and beside them how many were left out, if any were to be."""
    entries, omitted = shortened
    return {name: entries} if omitted is None else {name: entries, f"{name}_omitted": omitted}
