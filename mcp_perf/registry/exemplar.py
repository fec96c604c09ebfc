"""Exemplars: one event that stands for a bucket of a series, with labels that say which it was."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ..pace import Pace, collected, unpaced
from .description import FamilyDescription
from .labels import check_label_names, clean

# What OpenMetrics allows for all names and values of one together.
MAX_LENGTH = 128


class Trace(Protocol):
    """What tells an event's trace; a `SpanContext` of OpenTelemetry is one. Zero stands for no trace."""

    @property
    def trace_id(self) -> int:
        """The number of the trace, of 128 bits."""

    @property
    def span_id(self) -> int:
        """The number of the span in it, of 64 bits."""


class Exemplar(NamedTuple):
    """An event: its labels as pairs of name and value, what was measured, and when, in seconds since 1970."""

    labels: tuple[tuple[str, str], ...]
    value: float
    timestamp: float


# Those of the series that have some, by label values: at most one a bucket, in the order of the buckets.
Exemplars = Mapping[tuple[str, ...], tuple[Exemplar, ...]]


def bounds_of(description: FamilyDescription) -> Sequence[float]:
    """The bounds of the buckets that have exemplars of their own; what is no distribution has but one."""
    return () if description.grid is None else description.grid.classic


def newest(bounds: Sequence[float], several: Iterable[Exemplar]) -> tuple[Exemplar, ...]:
    """The newest of each bucket, in their order."""
    found: dict[int, Exemplar] = {}
    for one in several:
        bucket = bisect_left(bounds, one.value)
        before = found.get(bucket)
        if before is None or before.timestamp <= one.timestamp:
            found[bucket] = one
    return tuple([found[bucket] for bucket in sorted(found)])


def merged(
    description: FamilyDescription, several: Sequence[Exemplars], pace: Pace = unpaced
) -> Exemplars | None:
    """Those of one family as several have them; None where nobody has any."""
    several = [one for one in several if one]
    if len(several) < 2:
        return several[0] if several else None
    together: dict[tuple[str, ...], list[Exemplar]] = {}
    for one in several:
        for labels, exemplars in one.items():
            together.setdefault(labels, []).extend(exemplars)
    bounds = bounds_of(description)
    rows = ((labels, newest(bounds, exemplars)) for labels, exemplars in together.items())
    return dict(collected(rows, pace))


def labels_of(trace: Trace) -> tuple[tuple[str, str], ...]:
    """The labels of an event in that trace, as OpenTelemetry and Prometheus name them; none without one."""
    if not trace.trace_id:
        return ()
    return ("trace_id", f"{trace.trace_id:032x}"), ("span_id", f"{trace.span_id:016x}")


def check_labels(given: object) -> tuple[tuple[str, str], ...]:
    """The labels of an exemplar as somebody has given them; ValueError for what cannot be."""
    if not isinstance(given, Mapping) or not all(isinstance(value, str) for value in given.values()):
        raise ValueError(f"exemplar must be a dict of label values, which are strings, not {given!r}")
    names = check_label_names(given)
    found = tuple([(name, clean(given[name])) for name in names])
    length = sum(len(name) + len(value) for name, value in found)
    if length > MAX_LENGTH:
        raise ValueError(
            f"exemplar must have at most {MAX_LENGTH} characters in all names and values, not {length}"
        )
    return found
