"""Spreads: how many took how long, in the buckets of a Prometheus."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Bucket(NamedTuple):
    """From above its lower to its upper bound.

    Within it observations are taken to be spread evenly, or, if it is `exponential`, as such buckets grow. So
    does ``histogram_quantile`` with classic and with native histograms.
    """

    lower: float
    upper: float
    exponential: bool = False

    def at(self, part: float) -> float:
        """Up to where that part of the observations is."""
        if math.isinf(self.upper):
            return self.lower
        if math.isinf(self.lower):
            return self.upper
        if self.exponential and self.lower > 0:
            return float(self.lower * (self.upper / self.lower) ** part)
        return self.lower + (self.upper - self.lower) * part

    def part(self, value: float) -> float:
        """What part of the observations is up to a value between the bounds, which are finite."""
        if self.exponential and self.lower > 0:
            return math.log(value / self.lower) / math.log(self.upper / self.lower)
        return (value - self.lower) / (self.upper - self.lower)

    def cut(self, edges: Sequence[float]) -> Iterator[tuple[Bucket, float]]:
        """It in pieces at those of the edges, in order, that are in it; what part of it each piece has."""
        inner = edges[bisect_right(edges, self.lower) : bisect_left(edges, self.upper)]
        if not inner or math.isinf(self.lower) or math.isinf(self.upper):
            yield self, 1.0
            return
        lower, before = self.lower, 0.0
        for upper in (*inner, self.upper):
            part = self.part(upper)
            yield Bucket(lower, upper, self.exponential), part - before
            lower, before = upper, part


class Quantile(NamedTuple):
    """So many seconds; more, if it is `beyond` the greatest bound of all, which is all that is known then."""

    seconds: float
    beyond: bool


@dataclass
class Spread:
    """Counts by bucket; classic and native ones may come together."""

    counts: dict[Bucket, float] = field(default_factory=dict)

    def add(self, other: Spread) -> None:
        """Have these, too."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0.0) + count

    def quantiles(self, shares: Iterable[float]) -> list[Quantile | None]:
        """As ``histogram_quantile`` has them, None without observations."""
        total, pieces = sum(self.counts.values()), self._side_by_side()
        return [_quantile(pieces, share * total) if total > 0 else None for share in shares]

    def _side_by_side(self) -> list[tuple[Bucket, float]]:
        """The buckets in order, cut where they overlap, so that each is after all that is less."""
        edges = sorted({edge for one in self.counts for edge in (one.lower, one.upper)})
        found: dict[tuple[float, float], tuple[Bucket, float]] = {}
        for bucket, count in self.counts.items():
            for piece, part in bucket.cut(edges):
                bounds = piece.lower, piece.upper
                kept, before = found.get(bounds, (piece, 0.0))
                # Of two kinds in one place the finer one says how they are spread.
                found[bounds] = piece if piece.exponential else kept, before + part * count
        return [found[bounds] for bounds in sorted(found)]


def _quantile(pieces: Sequence[tuple[Bucket, float]], rank: float) -> Quantile:
    before = 0.0
    for bucket, count in pieces:
        if count > 0 and before + count >= rank:
            return Quantile(bucket.at((rank - before) / count), math.isinf(bucket.upper))
        before += count
    last = pieces[-1][0]
    return Quantile(last.lower, math.isinf(last.upper))


def classic(cumulative: Mapping[float, float]) -> Spread:
    """Of buckets by their upper bound, each with all that is below it."""
    found, lower, before = Spread(), 0.0, 0.0
    for upper in sorted(cumulative):
        # What was added up of several scrapes may be out of order by a little.
        count = max(cumulative[upper], before)
        found.counts[Bucket(lower if upper > 0 else -math.inf, upper)] = count - before
        lower, before = upper, count
    return found


def native(buckets: Iterable[tuple[float, float, float]]) -> Spread:
    """Of lower bounds, upper bounds and counts."""
    return Spread({Bucket(lower, upper, exponential=True): count for lower, upper, count in buckets})
