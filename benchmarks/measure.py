"""What is compared, and what the times say: differences within a round, medians over the rounds.

What is looked for, the few microseconds that a middleware adds, is a small part of the request that it is
added to, and less than what a busy machine's noise adds. So:

- Each variant (bare, minimum, mcp_perf, …) has a process of its own, as in real life: the interpreter adapts
  its bytecode to what it runs, and variants in one process would undo each other's adaptations. All are bound
  to one CPU and run one at a time (`interleaving`).
- A round runs every variant in turn, for about a millisecond, and begins with another one each time. What
  slows the machine for longer than a round slows all of them alike. The added cost of a variant is the median
  over many rounds of differences *within* a round: its time less the bare one's.
- How the memory of a process happens to lie is worth some microseconds too. So the processes are made anew
  several times, and a figure is the median of what these generations say. The range beside a ratio holds 95 %
  of the ratios of generations drawn again from these (a bootstrap, which supposes nothing of the noise).
- The clock is the CPU time of the process, so that what other processes take does not count. Nothing that is
  measured here waits for anything.
- The garbage collector is off while the clock runs. It collects in between what was made since the warm-up.
- A request is made in the process, straight into the ASGI or WSGI callable, with a server's side that does
  nothing (`server`): no sockets, no parsing. The scope or environment is made anew for each request, which
  costs every variant the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import sub
from statistics import median

from work import Work

BARE, MINIMUM, OURS = "bare", "minimum", "mcp_perf"

DRAWS = 1000

# The seconds of one time, by variant, in each round of each generation.
Samples = Mapping[str, list[list[float]]]


@dataclass(frozen=True)
class Variant:
    """One way to do the same: its cost is what it costs more than `over`. `make` is called in its process."""

    make: Callable[[], Work]
    over: str = BARE
    target: float | None = None  # at most so many times the cost of the subject's reference


@dataclass(frozen=True)
class Subject:
    """What is compared, by name; ratios are to the cost of `reference`."""

    title: str
    variants: Mapping[str, Variant]
    reference: str = MINIMUM


class Reading:
    """What the samples of a subject say."""

    def __init__(self, subject: Subject, samples: Samples) -> None:
        self._subject = subject
        self._samples = samples

    def whole(self, name: str) -> float:
        """The seconds of one time, all in all."""
        return median(map(median, self._samples[name]))

    def added(self, name: str) -> float:
        """The seconds that `name` costs more than what it is added to."""
        return median(self._differences(name))

    def ratio(self, name: str) -> tuple[float, float, float]:
        """The cost of `name` over that of the reference, and the ends of its range."""
        pairs = list(zip(self._differences(name), self._differences(self._subject.reference), strict=True))
        chance = random.Random(1)
        drawn = sorted(_ratio(chance.choices(pairs, k=len(pairs))) for _ in range(DRAWS))
        return _ratio(pairs), drawn[DRAWS // 40], drawn[-DRAWS // 40]

    def _differences(self, name: str) -> list[float]:
        """The median of the rounds' differences, for each generation."""
        over = self._samples[self._subject.variants[name].over]
        return [median(map(sub, *rounds)) for rounds in zip(self._samples[name], over, strict=True)]


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return median(own for own, _ in pairs) / (median(its for _, its in pairs) or float("nan"))
