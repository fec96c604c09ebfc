"""A pause: what has failed is left in peace for a while, for longer each time that it fails again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_FIRST = 1.0  # seconds


class Pause:
    """A second at first, then twice as long each time, but never more than `most` seconds."""

    def __init__(self, most: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._until = -math.inf
        self._next = _FIRST

    @property
    def is_on(self) -> bool:
        """Whether it is too soon to try again."""
        return self._clock() < self._until

    def begin(self) -> None:
        """It has failed."""
        if self.is_on:  # others that were at it already
            return
        self._until = self._clock() + self._next
        self._next = min(2 * self._next, self._most)

    def end(self) -> None:
        """It has been done, or is another thing now."""
        self._until, self._next = -math.inf, _FIRST
