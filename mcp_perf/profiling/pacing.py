"""Pacing: when a look is due, without drift, and never so often that looking takes more than its share."""

from __future__ import annotations

from collections.abc import Callable
from random import Random


class Pacing:
    """One look in each `interval` seconds from `begun` on, which together take at most `share` of the time.

    It comes at any moment of its interval, as `chance` has it: who serves requests in a circle, each in as
    long as an interval, would else always be seen at the same place. One that comes too late is left out.
    `last` is when the one before was.
    """

    def __init__(
        self, begun: float, interval: float, share: float, chance: Callable[[], float] | None = None
    ) -> None:
        self.last = begun
        self._begun = begun
        self._interval = interval
        self._share = share
        # Its own: the application may have seeded the one that all share.
        self._chance = chance if chance is not None else Random().random
        self._debt = 0.0  # seconds of work that were not yet earned
        self._number = -1
        self._set(begun)

    def looked(self, now: float, spent: float) -> None:
        """A look at `now` has taken so many seconds of processor time."""
        self._debt = max(self._debt - (now - self.last) * self._share, 0.0) + spent
        self.last = now
        # What one more interval earns may be spent then. By chance, too: what comes round in another time
        # than an interval would else be seen at the same place.
        pause = max(self._debt / self._share - self._interval, 0.0)
        self._set(now + 2.0 * self._chance() * pause)

    def _set(self, earliest: float) -> None:
        passed = int((earliest - self._begun) / self._interval + 1e-6)
        self._number = max(self._number + 1, passed)
        # A whole one by chance, also where looks are rarer than that.
        begin = max(self._begun + self._number * self._interval, earliest)
        self.due = begin + self._chance() * self._interval
        self._number = int((self.due - self._begun) / self._interval)
