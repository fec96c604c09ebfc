"""Turns: how soon a thread that has woken up gets its turn, while a profile is taken.

The interpreter lets one thread run for 5 ms before it must let another in (``sys.getswitchinterval``); but a
thread that calls the system lets others in at once. So who wakes up to look sees threads where they call the
system, and hardly ever code that runs for less than 5 ms at a time, which is most of a web application.
Meanwhile turns are short: nobody but who looks asks for them, as long as no more than one thread works. Where
several do, each turn is taken from them by one another, so that theirs are longer.
"""

from __future__ import annotations

import sys

from ..storage.forks import follow

_ALONE, _SEVERAL = 0.0002, 0.001  # seconds: 1,000 switches a second take about 1 % of what two threads do


class Turns:
    """Short turns, for ``with``; afterwards, and in a child, they are as they were."""

    def __init__(self) -> None:
        self._before: float | None = None
        self._ours = 0.0
        follow(self)

    def __enter__(self) -> Turns:
        self._before = sys.getswitchinterval()
        self.fit(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.forked()

    def fit(self, busy: int) -> None:
        """So many threads work."""
        wanted = min(_ALONE if busy < 2 else _SEVERAL, self._before or _SEVERAL)
        if wanted != self._ours:
            sys.setswitchinterval(wanted)
            self._ours = wanted

    def forked(self) -> None:
        """Have turns as they were, unless somebody else has changed them."""
        before, self._before = self._before, None
        # As the interpreter has it, in whole microseconds.
        if before is not None and abs(sys.getswitchinterval() - self._ours) < 1e-6:
            sys.setswitchinterval(before)
