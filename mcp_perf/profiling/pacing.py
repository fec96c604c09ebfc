"""Pacing: when a look is due, without drift, and never so often that looking takes more than its share."""

from __future__ import annotations


class Pacing:
    """Looks each `interval` seconds from `begun` on, which together take at most `share` of the time.

    One that is late is not made up for: the next is where it would have been anyway. `last` is when the one
    before was.
    """

    def __init__(self, begun: float, interval: float, share: float) -> None:
        self.last = begun
        self.due = begun + interval
        self._begun = begun
        self._interval = interval
        self._share = share
        self._debt = 0.0  # seconds of work that were not yet earned

    def looked(self, now: float, spent: float) -> None:
        """A look at `now` has taken so many seconds of processor time."""
        self._debt = max(self._debt - (now - self.last) * self._share, 0.0) + spent
        self.last = now
        # What one more interval earns may be spent then.
        rest = max(self._debt / self._share - self._interval, 0.0)
        passed = int((max(now + rest, self.due) - self._begun) / self._interval + 1e-6)
        self.due = self._begun + (passed + 1) * self._interval
