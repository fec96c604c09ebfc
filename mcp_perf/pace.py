"""Pace: long work in parts, between which other threads have their turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

# Called between two parts of some work.
Pace = Callable[[], None]

_PART = 0.0005  # seconds: an event loop that waits is not kept for longer, by much
_REST = 0.00005  # seconds: less than that, and who waits may not be awake yet
_SIZE = 128  # items between two calls


def unpaced() -> None:
    """The pace of who is in a hurry, or alone."""


class Considerate:
    """The pace of a thread beside an event loop.

    The interpreter's own turn comes after 5 ms only (``sys.getswitchinterval``), and never within one call
    of a built-in function.
    """

    def __init__(self) -> None:
        self._begun = time.perf_counter()

    def __call__(self) -> None:
        """Rest for a moment, if the last time was long ago."""
        if time.perf_counter() - self._begun > _PART:
            time.sleep(_REST)
            self._begun = time.perf_counter()


def collected(items: Iterable[T], pace: Pace, size: int = _SIZE) -> list[T]:
    """The list of `items`, made at that pace, which is asked after each `size` of them."""
    if pace is unpaced:
        return list(items)
    found: list[T] = []
    for part in parts(items, size):
        found += part
        pace()
    return found


def parts(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`items` as lists of at most `size`."""
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part
