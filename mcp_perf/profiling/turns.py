"""Turns: how soon a thread that has woken up gets its turn, while a profile is taken.

The interpreter lets one thread run for 5 ms before it must let another in (``sys.getswitchinterval``); but a
thread that calls the system lets others in at once. So who wakes up to look sees threads where they call the
system, and hardly ever code that runs for less than 5 ms at a time, which is most of a web application.
Meanwhile turns are short: nobody but who looks asks for them, as long as no more than one thread works. Where
several do, each turn is taken from them by one another, so that theirs are longer.

They are shorter than what an event loop does between two calls of the system, too. At each of these it
lets go of the interpreter and has it back before a thread that waits is awake; and that asks for its turn
only if it was not woken up for that long. Of 100 looks a second, at a loop that calls the system every
0.2 ms, there were 2 by turns of 0.2 ms, and 30 by those of 0.1 or 0.05 ms.
"""

from __future__ import annotations

import sys

from ..storage.forks import follow

_ALONE, _SEVERAL = 0.00005, 0.001  # seconds: 1,000 switches a second take about 1 % of what two threads do


class Turns:
    """Short turns, for ``with``; afterwards, and in a child, they are as they were."""

    def __init__(self) -> None:
        self._before: float | None = None
        self._ours = 0.0
        follow(self)

    def __enter__(self) -> Turns:
        found = sys.getswitchinterval()
        # Those of another profile, of another monitor's, are as short as ours.
        self._before = None if any(_same(found, one) for one in (_ALONE, _SEVERAL)) else found
        self._ours = found
        self.fit(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.forked()

    def fit(self, busy: int) -> None:
        """So many threads work; nothing changes where somebody else has changed it."""
        if self._before is None or not _same(sys.getswitchinterval(), self._ours):
            return
        wanted = min(_ALONE if busy < 2 else _SEVERAL, self._before)
        if wanted != self._ours:
            sys.setswitchinterval(wanted)
            self._ours = wanted

    def forked(self) -> None:
        """Have turns as they were, unless somebody else has changed them."""
        before, self._before = self._before, None
        if before is not None and _same(sys.getswitchinterval(), self._ours):
            sys.setswitchinterval(before)


def _same(one: float, other: float) -> bool:
    return abs(one - other) < 1e-6  # the interpreter has it in whole microseconds
