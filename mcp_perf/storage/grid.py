"""The grid: the bounds between which a histogram's slots count.

The bounds are the union of the classic bucket bounds and an exponential grid with bounds ``2 ** (i / 8)``
(an OpenTelemetry exponential histogram of scale 3, a Prometheus native histogram of schema 3). So one
count per observation answers for the classic buckets, exactly, and for quantiles to about 4 %. Classic bounds
more than a hundred doublings apart, which no duration or size needs, make the grid coarser by powers of two.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

# prometheus_client's own default bounds, in seconds, so that dashboards made for it keep working.
DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

# How far the exponential grid goes past the classic bounds: from 5 ms down to a microsecond, from 10 s up
# to most of a day.
_DOUBLINGS_BELOW = 12
_DOUBLINGS_ABOVE = 12
_MAX_SCALE = 3
_MAX_EXPONENTIAL_BOUNDS = 1024


def _exponential(classic: Sequence[float]) -> tuple[int, range]:
    """The scale, and the powers that are bounds; none where no classic bound is above zero."""
    positive = [bound for bound in classic if bound > 0]
    if not positive:
        return _MAX_SCALE, range(0)
    # The least and the greatest normal float: beyond them a bound would be zero or infinite.
    low = max(math.floor(math.log2(positive[0])) - _DOUBLINGS_BELOW, -1021)
    high = min(math.ceil(math.log2(positive[-1])) + _DOUBLINGS_ABOVE, 1023)
    scale = _MAX_SCALE
    while scale > 0 and (high - low) * 2**scale > _MAX_EXPONENTIAL_BOUNDS:
        scale -= 1
    steps = 2**scale
    return scale, range(low * steps, high * steps + 1)


class Grid:
    """The slots of one histogram: slot `i` counts values in ``(bounds[i - 1], bounds[i]]``.

    `buckets` are the classic upper bounds, finite and strictly ascending; a trailing ``+Inf`` is allowed
    and implied. Raises ValueError otherwise. `bucket_of` tells for each slot which of them it is a part of.

    `powers` tells for each slot the bucket of a native histogram of `schema` that it is a part of: bucket `n`
    ends at ``2 ** (n / 2 ** schema)``. The first of them is the zero bucket, which ends at `zero_threshold`;
    what is above all bounds is in one bucket more. Without a classic bound above zero there are none.
    """

    __slots__ = (
        "_classic_slots",
        "bounds",
        "bucket_of",
        "classic",
        "powers",
        "schema",
        "size",
        "zero_threshold",
    )

    def __init__(self, buckets: Iterable[float]) -> None:
        try:
            classic = [float(bound) for bound in buckets]
        except OverflowError:
            raise ValueError("buckets must be numbers that a float can hold") from None
        if classic and classic[-1] == math.inf:
            classic.pop()
        if not classic or not all(map(math.isfinite, classic)) or classic != sorted(set(classic)):
            raise ValueError(
                f"buckets must be at least one finite number, strictly ascending, not {list(buckets)!r}"
            )
        self.classic = tuple(classic)
        self.schema, powers = _exponential(classic)
        exponential: list[float] = [2.0 ** (power / 2**self.schema) for power in powers]
        self.bounds: list[float] = sorted({*classic, *exponential})
        self.size = len(self.bounds) + 1
        self.zero_threshold = exponential[0] if exponential else 0.0
        self.powers = tuple(
            powers.start + bisect_left(exponential, bound)
            for bound in [*self.bounds, math.inf]
            if exponential
        )
        self._classic_slots = tuple(bisect_left(self.bounds, bound) for bound in classic)
        self.bucket_of = tuple(bisect_left(classic, bound) for bound in [*self.bounds, math.inf])

    def slot(self, value: float) -> int:
        """The slot that counts `value`."""
        return bisect_left(self.bounds, value)

    def cumulative(self, counts: Sequence[float]) -> list[tuple[float, float]]:
        """The classic buckets as (upper bound, observations at or below it), ``+Inf`` last."""
        sums = list(accumulate(counts))
        buckets = [(bound, sums[slot]) for bound, slot in zip(self.classic, self._classic_slots, strict=True)]
        return [*buckets, (math.inf, sums[-1])]

    def totals(self, start: int, counts: Sequence[float]) -> list[float]:
        """The numbers of `cumulative` for the counts of the slots from `start` on, all others being zero."""
        stop = start + len(counts)
        sums = list(accumulate(counts))
        where = self._classic_slots
        low, high = bisect_left(where, start), bisect_left(where, stop)
        inside = [sums[slot - start] for slot in where[low:high]]
        return [0.0] * low + inside + (sums[-1:] or [0.0]) * (len(where) - high + 1)

    def quantile(self, counts: Sequence[float], q: float) -> float | None:
        """The value of rank ``ceil(q * n)`` (the nearest-rank definition), None without observations.

        Within ``2 ** (1 / 16) - 1``, 4.4 %, of the exact one inside the exponential grid's range; nearer to
        zero than its first bound everything counts as 0, as in a native histogram's zero bucket.
        """
        total = sum(counts)
        if not total:
            return None
        rank = max(math.ceil(q * total), 1)
        reached = 0.0
        for slot, count in enumerate(counts):
            reached += count
            if reached >= rank:
                return self.estimate(slot)
        return self.estimate(len(counts) - 1)  # pragma: no cover - only rounding of weights comes here

    def estimate(self, slot: int) -> float:
        """What a quantile reads that falls into a slot."""
        if slot >= len(self.bounds):
            return self.bounds[-1]
        high = self.bounds[slot]
        if slot == 0:
            return min(high, 0.0)
        low = self.bounds[slot - 1]
        if low > 0:
            # The middle by ratio: the same relative error to either side.
            return math.sqrt(low) * math.sqrt(high)
        return 0.0 if high > 0 >= low else (low + high) / 2


@lru_cache(maxsize=256)
def grid_of(buckets: tuple[float, ...]) -> Grid:
    """The grid of these classic bounds, one for all who ask; see `Grid`."""
    return Grid(buckets)
