"""Turns: how soon a thread that has woken up gets its turn, while a profile is taken.

The interpreter lets one thread run for 5 ms before it must let another in (``sys.getswitchinterval``); but a
thread that calls the system lets others in at once. So who wakes up to look sees threads where they call the
system, and hardly ever code that runs for less than 5 ms at a time, which is most of a web application.
Meanwhile turns are short: nobody but who looks asks for them, as long as no more than one thread works. Where
several do, each turn is taken from them by one another, so that theirs are longer.

Mostly they are shorter than what an event loop does between two calls of the system, too. At each of these
it lets go of the interpreter and has it back before a thread that waits is awake; and that asks for its turn
only if it was not woken up for that long. Of 100 looks a second, at a loop that calls the system every
0.2 ms, there were 2 by turns of 0.2 ms, and 30 by those of 0.05 ms. But each time that a thread has waited
for so long it wakes up: where calls into C keep the interpreter, that takes more time than looks do.
"""

from __future__ import annotations

import sys

from ..storage.forks import follow

_SHORT = 0.00005  # seconds
_LONG = 0.001  # seconds: 1,000 switches a second take about 1 % of what two threads do
_DEAR = 0.002  # seconds of processor time, some ten times what a look costs usually
_RARELY = 10  # times what a look costs with turns of the other length is spent until it is tried again
_WEIGHT = 0.3  # of the last look


class Length:
    """That of turns where no more than one thread works: with which a look costs less processor time."""

    def __init__(self) -> None:
        self.now, self._other = _SHORT, _LONG
        self._costs: dict[float, float] = {}
        self._spent = 0.0

    def cost(self, spent: float) -> None:
        """A look has taken so many seconds of processor time, waking up and all, with such turns."""
        known = self._costs.get(self.now, spent)
        cost = self._costs[self.now] = known + _WEIGHT * (spent - known)
        other = self._costs.get(self._other)
        self._spent += spent
        if spent > _DEAR if other is None else cost > other or self._spent > _RARELY * other:
            self.now, self._other, self._spent = self._other, self.now, 0.0


class Turns:
    """Short turns, for ``with``; afterwards, and in a child, they are as they were."""

    def __init__(self) -> None:
        self._before: float | None = None
        self._ours = 0.0
        self._length = Length()
        follow(self)

    def __enter__(self) -> Turns:
        self._take()
        self._set(self._length.now)
        return self

    def __exit__(self, *_: object) -> None:
        self.forked()

    def fit(self, busy: int, spent: float) -> None:
        """So many threads work, and to see that took `spent` seconds of processor time.

        Nothing changes where somebody else has changed it.
        """
        if busy < 2:
            self._length.cost(spent)
        self._set(self._length.now if busy < 2 else _LONG)

    def _take(self) -> None:
        """Be the one that puts them back, unless another profile, of another monitor's, does."""
        found = sys.getswitchinterval()
        if not any(_same(found, one) for one in (_SHORT, _LONG)):
            self._before = self._ours = found

    def _set(self, wanted: float) -> None:
        if self._before is None:
            self._take()  # the other one may be over
        if self._before is None or not _same(sys.getswitchinterval(), self._ours):
            return
        wanted = min(wanted, self._before)
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
