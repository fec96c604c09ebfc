"""Moulds: messages that are filled anew for each series, so that what all have in common is made once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Sequence
from math import inf
from operator import attrgetter
from typing import Any

from ...registry.description import Metric
from ...registry.distribution import Distribution, Value
from ...registry.exemplar import Exemplar
from ...storage.grid import Grid
from ...storage.native import Native, has_native, native
from ...storage.records import occupied
from . import messages


def mould(metric: Metric, labelnames: Sequence[str]) -> Mould:
    """What casts the series of a metric, whose labels have these names in the message."""
    if metric.shows == "distribution":
        return Histograms(labelnames)
    return Counters(labelnames) if metric.type == "counter" else Gauges(labelnames)


def has_exemplars(metric: Metric) -> bool:
    """Whether the series of a metric show exemplars."""
    return metric.shows == "distribution" or (metric.type == "counter" and metric.shows == "value")


class Mould(ABC):
    """Gives a series as part of the message of its metric's family."""

    def __init__(self, labelnames: Sequence[str]) -> None:
        self._labelnames = labelnames
        self._clear()

    def cast(self, labels: tuple[str, ...], value: Value, exemplars: Sequence[Exemplar] = ()) -> bytes:
        """The series of these label values."""
        for label, text in zip(self._labels, labels, strict=True):
            label.value = text
        self._fill(value)
        if exemplars:
            self._show(value, exemplars)
        written: bytes = self._family.SerializeToString()
        if exemplars:
            self._clear()  # most have none
        return written

    def _clear(self) -> None:
        # In a family of its own, so that the library writes all that goes between two series.
        self._family = messages.MetricFamily()
        self._metric = self._family.metric.add()
        self._labels = [self._metric.label.add(name=name) for name in self._labelnames]

    @abstractmethod
    def _fill(self, value: Any) -> None:
        """Write a value, over all that was there of the one before."""

    @abstractmethod
    def _show(self, value: Any, exemplars: Sequence[Exemplar]) -> None:
        """Write the exemplars of that value, if such a metric has any."""


class Counters(Mould):
    """Casts counters, and the events of timed records."""

    def _fill(self, value: Any) -> None:
        self._metric.counter.value = value.events if isinstance(value, Distribution) else value

    def _show(self, value: Any, exemplars: Sequence[Exemplar]) -> None:  # noqa: ARG002
        _write(self._metric.counter.exemplar, exemplars[0])


class Gauges(Mould):
    """Casts gauges."""

    def _fill(self, value: Any) -> None:
        self._metric.gauge.value = value

    def _show(self, value: Any, exemplars: Sequence[Exemplar]) -> None:
        pass


class Histograms(Mould):
    """Casts distributions: classic buckets, and native ones where there are any.

    The classic bucket without a bound is there where it has an exemplar only: it is the count, as the format
    has it.
    """

    def cast(self, labels: tuple[str, ...], value: Any, exemplars: Sequence[Exemplar] = ()) -> bytes:
        """The series of these label values."""
        if value.grid is not self._grid:
            self._begin(value.grid)
        return super().cast(labels, value, exemplars)

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

    def _show(self, value: Any, exemplars: Sequence[Exemplar]) -> None:
        histogram, bounds = self._metric.histogram, value.grid.classic
        for one in exemplars:
            place = bisect_left(bounds, one.value)
            if place == len(bounds):
                last = histogram.bucket.add(upper_bound=inf)
                if histogram.HasField("sample_count"):
                    last.cumulative_count = histogram.sample_count
                else:
                    last.cumulative_count_float = histogram.sample_count_float
            _write(histogram.bucket[place].exemplar, one)
        if has_native(value.grid):
            for one in sorted(exemplars, key=attrgetter("timestamp")):
                _write(histogram.exemplars.add(), one)

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


def _write(message: Any, exemplar: Exemplar) -> None:
    message.value = exemplar.value
    message.timestamp.FromNanoseconds(int(exemplar.timestamp * 1e9))
    for name, value in exemplar.labels:
        message.label.add(name=name, value=value)
