"""Amounts: what has come to one series, whatever its record is."""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, sub
from typing import TypeAlias

from ..registry.description import FamilyDescription, Kind
from ..registry.observed import Observed
from ..storage.records import exact

# What has come to a counter or a timed record; of a gauge what it reads now.
Amount: TypeAlias = float | Observed


def since(kind: Kind, before: Amount, now: Amount) -> Amount | None:
    """What has come since a series read `before`, None for nothing, where it was not reset meanwhile."""
    if isinstance(before, Observed) and isinstance(now, Observed):
        return _observed_since(before, now)
    if isinstance(before, Observed) or isinstance(now, Observed) or kind == "gauge":
        return None if now == before else now
    return (now - before) or None


def is_reset(kind: Kind, before: Amount, now: Amount) -> bool:
    """Whether a series reads less than before: then all that it reads has come, as for ``increase``."""
    if isinstance(before, Observed) and isinstance(now, Observed):
        return now.events < before.events
    return (
        kind != "gauge"
        and not isinstance(before, Observed)
        and not isinstance(now, Observed)
        and now < before
    )


def plus(kind: Kind, one: Amount, other: Amount) -> Amount:
    """What has come in all, first `one` and then `other`."""
    if isinstance(one, Observed) and isinstance(other, Observed):
        return _sum(one, other)
    if isinstance(one, Observed) or isinstance(other, Observed) or kind == "gauge":
        return other
    return one + other


def _sum(one: Observed, other: Observed) -> Observed:
    sums = (sum(one.sums) + sum(other.sums),)
    if not one.counts or not other.counts:
        more = one if one.counts else other
        return Observed(one.events + other.events, sums, more.start, more.counts)
    start, stop = (
        min(one.start, other.start),
        max(one.start + len(one.counts), other.start + len(other.counts)),
    )
    counts = list(map(add, _spread(one, start, stop), _spread(other, start, stop)))
    return Observed(one.events + other.events, sums, start, counts)


def without_counts(amount: Amount) -> Amount:
    """An amount of a record over other buckets, see `Observed.without_counts`."""
    return amount.without_counts() if isinstance(amount, Observed) else amount


def is_like(one: FamilyDescription, other: FamilyDescription) -> bool:
    """Whether their amounts can be added as they are."""
    return one.buckets == other.buckets


def _observed_since(before: Observed, now: Observed) -> Observed | None:
    counts, events = _difference(before, now), now.events - before.events
    total = exact([*now.sums, *[-one for one in before.sums]])[0]
    if not events and not total and not any(counts):
        return None
    first = next((place for place, count in enumerate(counts) if count), len(counts))
    while counts and not counts[-1]:
        counts.pop()
    kept = counts[first:]
    return Observed(events, (total,), _start(before, now) + first if kept else 0, kept)


def _start(before: Observed, now: Observed) -> int:
    return min([one.start for one in (before, now) if one.counts], default=0)


def _difference(before: Observed, now: Observed) -> list[float]:
    if not before.counts:
        return list(now.counts)
    start = _start(before, now)
    stop = max([one.start + len(one.counts) for one in (before, now) if one.counts])
    return list(map(sub, _spread(now, start, stop), _spread(before, start, stop)))


def _spread(one: Observed, start: int, stop: int) -> Sequence[float]:
    """The counts from slot `start` to slot `stop`."""
    if one.start == start and len(one.counts) == stop - start:
        return one.counts
    if not one.counts:
        return [0.0] * (stop - start)
    return [*[0.0] * (one.start - start), *one.counts, *[0.0] * (stop - one.start - len(one.counts))]
