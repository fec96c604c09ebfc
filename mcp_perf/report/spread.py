"""Spreads: how many took how long, in the buckets of a Prometheus."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class Spread:
    """Counts by bucket, from above its first to its second bound.

    Within a bucket observations are taken to be spread evenly, or as exponential buckets grow, which is what
    ``histogram_quantile`` does with classic and with native histograms.
    """

    is_exponential: bool = False
    counts: dict[tuple[float, float], float] = field(default_factory=dict)

    def add(self, other: Spread) -> None:
        """Have these, too."""
        self.is_exponential |= other.is_exponential
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0.0) + count

    def quantile(self, share: float) -> float | None:
        """As ``histogram_quantile`` has it, None without observations."""
        total = sum(self.counts.values())
        if not total > 0:
            return None
        rank, before = share * total, 0.0
        buckets = sorted(self.counts.items())
        for (lower, upper), count in buckets:
            if count > 0 and before + count >= rank:
                return self._within(lower, upper, (rank - before) / count)
            before += count
        return buckets[-1][0][0]

    def _within(self, lower: float, upper: float, part: float) -> float:
        if math.isinf(upper):
            return lower
        if math.isinf(lower):
            return upper
        if self.is_exponential and lower > 0:
            return float(lower * (upper / lower) ** part)
        return lower + (upper - lower) * part


def classic(cumulative: Mapping[float, float]) -> Spread:
    """Of buckets by their upper bound, each with all that is below it."""
    found, lower, before = Spread(), 0.0, 0.0
    for upper in sorted(cumulative):
        # What was added up of several scrapes may be out of order by a little.
        count = max(cumulative[upper], before)
        found.counts[(lower if upper > 0 else -math.inf, upper)] = count - before
        lower, before = upper, count
    return found


def native(buckets: Iterable[tuple[float, float, float]]) -> Spread:
    """Of lower bounds, upper bounds and counts."""
    return Spread(True, {(lower, upper): count for lower, upper, count in buckets})
