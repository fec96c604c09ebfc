"""Latency: the mean of what was observed, and its quantiles."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate
from math import ceil, isfinite

from ..registry.observed import Observed
from ..registry.snapshot import finite
from ..storage.grid import Grid

_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
_NOTHING = dict.fromkeys(("mean", *_QUANTILES))

Latency = dict[str, float | None]


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
