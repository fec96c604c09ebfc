"""Moulds: messages that are filled anew for each series, so that what all have in common is made once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ...registry.description import Metric
from ...registry.distribution import Distribution, Value
from ...storage.grid import Grid
from ...storage.records import occupied
from . import messages
from .native import Native, has_native, native


def mould(metric: Metric, labelnames: Sequence[str]) -> Mould:
    """What casts the series of a metric, whose labels have these names in the message."""
    if metric.shows == "distribution":
        return Histograms(labelnames)
    return Counters(labelnames) if metric.type == "counter" else Gauges(labelnames)


class Mould(ABC):
    """Gives a series as part of the message of its metric's family."""

    def __init__(self, labelnames: Sequence[str]) -> None:
        self._labelnames = labelnames
        self._clear()

    def cast(self, labels: tuple[str, ...], value: Value) -> bytes:
        """The series of these label values."""
        for label, text in zip(self._labels, labels, strict=True):
            label.value = text
        self._fill(value)
        written: bytes = self._family.SerializeToString()
        return written

    def _clear(self) -> None:
        # In a family of its own, so that the library writes all that goes between two series.
        self._family = messages.MetricFamily()
        self._metric = self._family.metric.add()
        self._labels = [self._metric.label.add(name=name) for name in self._labelnames]

    @abstractmethod
    def _fill(self, value: Any) -> None:
        """Write a value, over all that was there of the one before."""


class Counters(Mould):
    """Casts counters, and the events of timed records."""

    def _fill(self, value: Any) -> None:
        self._metric.counter.value = value.events if isinstance(value, Distribution) else value


class Gauges(Mould):
    """Casts gauges."""

    def _fill(self, value: Any) -> None:
        self._metric.gauge.value = value


class Histograms(Mould):
    """Casts distributions: classic buckets, and native ones where there are any.

    The classic bucket without a bound is left out: it is the count, as the format has it.
    """

    def cast(self, labels: tuple[str, ...], value: Any) -> bytes:
        """The series of these label values."""
        if value.grid is not self._grid:
            self._begin(value.grid)
        return super().cast(labels, value)

    def _clear(self) -> None:
        super()._clear()
        self._grid: Grid | None = None
        self._buckets: list[Any] = []

    def _fill(self, value: Any) -> None:
        start, counts = occupied(value.run)
        totals = value.grid.totals(start, counts)
        found = native(value.grid, start, counts) if has_native(value.grid) else None
        histogram = self._metric.histogram
        histogram.sample_sum = value.sum
        if all(map(float.is_integer, totals)) and (found is None or found.is_whole):
            self._fill_whole(histogram, list(map(int, totals)), found)
        else:
            self._fill_floats(histogram, totals, found)
        if found is not None:
            del histogram.positive_span[:]
            add = histogram.positive_span.add
            for offset, length in found.spans:
                span = add()  # faster than with keywords
                span.offset = offset
                span.length = length

    def _begin(self, grid: Grid) -> None:
        self._clear()
        self._grid = grid
        histogram = self._metric.histogram
        self._buckets = [histogram.bucket.add(upper_bound=bound) for bound in grid.classic]
        if has_native(grid):
            histogram.schema = grid.schema
            histogram.zero_threshold = grid.zero_threshold

    def _fill_whole(self, histogram: Any, totals: list[int], found: Native | None) -> None:
        histogram.sample_count = totals[-1]
        for bucket, total in zip(self._buckets, totals, strict=False):
            bucket.cumulative_count = total
        if found is not None:
            histogram.zero_count = int(found.zero)
            del histogram.positive_delta[:]
            histogram.positive_delta.extend(found.deltas())

    def _fill_floats(self, histogram: Any, totals: list[float], found: Native | None) -> None:
        self._grid = None  # the next one is of whole numbers again, and needs a new message
        histogram.ClearField("sample_count")
        histogram.sample_count_float = totals[-1]
        for bucket, total in zip(self._buckets, totals, strict=False):
            bucket.ClearField("cumulative_count")
            bucket.cumulative_count_float = total
        if found is not None:
            histogram.ClearField("zero_count")
            histogram.ClearField("positive_delta")
            histogram.zero_count_float = found.zero
            histogram.positive_count.extend(found.counts)
