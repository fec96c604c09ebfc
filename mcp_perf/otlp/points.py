"""Points: what series read, as the SDK's data points, which its exporters take.

Number, sum and buckets of a point come from one reading of one record, so that they agree with each other,
with the counter beside them and with ``/metrics``. An exponential histogram is exact for the grid is one; see
`storage.native`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..history.amounts import Amount
from ..registry.observed import Observed
from ..storage.grid import Grid
from ..storage.native import native
from .naming import Attributes


@dataclass(frozen=True)
class Interval:
    """From when to when a point counts, in nanoseconds since the epoch."""

    start: int
    end: int


def number(sdk: Any, attributes: Attributes, span: Interval, value: float, *, is_whole: bool) -> Any:
    """The point of a counter, a gauge or the events of a timed record."""
    return sdk.NumberDataPoint(
        attributes=attributes,
        start_time_unix_nano=span.start,
        time_unix_nano=span.end,
        value=int(value) if is_whole and float(value).is_integer() else float(value),
    )


def events(amount: Amount) -> float:
    """How many there were, or the number that is all there is."""
    return amount.events if isinstance(amount, Observed) else amount


def explicit(sdk: Any, grid: Grid, attributes: Attributes, span: Interval, observed: Observed) -> Any:
    """The point of a classic histogram: a count for each bucket, the last for what is above all bounds."""
    totals = list(map(round, grid.totals(observed.start, observed.counts)))
    return sdk.HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=span.start,
        time_unix_nano=span.end,
        count=totals[-1],
        sum=_sum(grid, observed),
        bucket_counts=[after - before for before, after in zip([0, *totals], totals, strict=False)],
        explicit_bounds=grid.classic,
        min=None,  # which nobody has kept: the fields are optional
        max=None,
    )


def exponential(sdk: Any, grid: Grid, attributes: Attributes, span: Interval, observed: Observed) -> Any:
    """The point of an exponential histogram, of a grid that `has_native`.

    Its zero bucket holds what is nearer to zero than the grid's first bound; the SDK's exporters have no way
    to say how near that is.
    """
    found = native(grid, observed.start, observed.counts)
    # Bucket 0 ends at 1 there, and begins at 1 here.
    offset = found.spans[0].offset - 1 if found.spans else 0
    counts = _gapless(found.spans, found.counts)
    zero = round(found.zero)
    return sdk.ExponentialHistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=span.start,
        time_unix_nano=span.end,
        count=zero + sum(counts),
        sum=_sum(grid, observed),
        scale=grid.schema,
        zero_count=zero,
        positive=sdk.Buckets(offset, counts),
        negative=sdk.Buckets(0, []),
        flags=0,
        min=None,
        max=None,
    )


def _gapless(spans: Sequence[Any], counts: Sequence[float]) -> list[int]:
    """The counts of neighbouring buckets, with those that are empty."""
    found: list[int] = []
    rest = iter(counts)
    for place, span in enumerate(spans):
        found += [0] * (span.offset if place else 0)
        found += [round(next(rest)) for _ in range(span.length)]
    return found


def _sum(grid: Grid, observed: Observed) -> float | None:
    # Of what may be negative it may go down, which OTLP forbids; so it is left out.
    return sum(observed.sums) if grid.classic[0] >= 0 else None
