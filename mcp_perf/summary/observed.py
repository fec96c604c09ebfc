"""What timed runs say, each read once: events, sum, quantiles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from math import ceil, isfinite
from operator import add
from typing import NamedTuple

from ..registry.snapshot import finite
from ..storage.grid import Grid
from ..storage.records import HEAD, exact, occupied

_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
_NOTHING = dict.fromkeys(("mean", *_QUANTILES))

Latency = dict[str, float | None]


class Observed(NamedTuple):
    """A timed record, or several together: the `counts` from slot `start` on, all others being zero.

    `events` were observed or not; `sums` add up to the sum of what was.
    """

    events: float
    sums: tuple[float, ...]
    start: int
    counts: Sequence[float]


def observed(run: bytes) -> Observed:
    """What a run says, as a reading holds it."""
    start, counts = occupied(run)
    untimed, *sums = HEAD.unpack_from(run)
    return Observed(untimed + sum(counts), tuple(sums), start, counts)


def together(several: Sequence[Observed]) -> Observed:
    """The sum of what was observed over one grid."""
    if len(several) == 1:
        return several[0]
    events = sum([one.events for one in several])
    total = exact([number for one in several for number in one.sums])
    timed = [one for one in several if one.counts]
    if not timed:
        return Observed(events, total, 0, ())
    start = min([one.start for one in timed])
    stop = max([one.start + len(one.counts) for one in timed])
    counts = [0.0] * (stop - start)
    for one in timed:
        place = slice(one.start - start, one.start - start + len(one.counts))
        counts[place] = map(add, counts[place], one.counts)
    return Observed(events, total, start, counts)


def latency(grid: Grid, one: Observed) -> Latency:
    """Mean and quantiles; None for what is unknown."""
    reached = list(accumulate(one.counts))
    if not reached or not isfinite(reached[-1]) or reached[-1] <= 0:
        return dict(_NOTHING)
    values, count = _values(grid), reached[-1]
    found: Latency = {"mean": finite(sum(one.sums) / count)}
    for name, q in _QUANTILES.items():
        place = bisect_left(reached, max(ceil(q * count), 1))
        # Past the end only by the rounding of q * count.
        found[name] = finite(values[one.start + min(place, len(reached) - 1)])
    return found


def unknown() -> Latency:
    """The latency of nothing."""
    return dict(_NOTHING)


@lru_cache(maxsize=256)
def _values(grid: Grid) -> tuple[float, ...]:
    """What a quantile reads that falls into each slot."""
    return tuple(map(grid.estimate, range(grid.size)))
