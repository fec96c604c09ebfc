"""Tails: exemplars as they stand behind numbers, as prometheus_client has written them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Protocol

from prometheus_client.metrics_core import Metric as ExposedMetric

from ...pace import Pace, unpaced
from ...registry.exemplar import Exemplar, bounds_of
from ...registry.snapshot import FamilyReading
from ..collector import as_exposed

# By the label values of a series and the number behind which it stands; see `HistogramLines`.
Tails = Mapping[tuple[str, ...], Mapping[int, bytes]]

NO_TAILS: Tails = {}

_START = b" # "


class Encoder(Protocol):
    """A text format, as far as exemplars are written by it."""

    def encoded(self, metric: ExposedMetric) -> bytes:
        """One metric by itself, without the end of a page."""


class TailWriter:
    """Writes the exemplars of one family; those of a series that are as they were are ready."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[tuple[Exemplar, ...], Mapping[int, bytes]]] = {}

    def tails(self, reading: FamilyReading, form: Encoder, pace: Pace = unpaced) -> Tails:
        """Those of a reading. Formats that have exemplars write them alike."""
        if not reading.exemplars:
            return NO_TAILS
        bounds, known = bounds_of(reading.description), self._known
        self._known = {}
        for labels, exemplars in reading.exemplars.items():
            before = known.get(labels)
            if before is None or before[0] != exemplars:
                before = exemplars, {bisect_left(bounds, one.value): _tail(one, form) for one in exemplars}
                pace()
            self._known[labels] = before
        return {labels: tails for labels, (_, tails) in self._known.items()}


def _tail(exemplar: Exemplar, form: Encoder) -> bytes:
    metric = ExposedMetric("x", "", "counter")
    metric.add_sample("x_total", {}, 0.0, exemplar=as_exposed(exemplar))
    _, start, tail = form.encoded(metric).partition(_START)
    return start + tail.removesuffix(b"\n")
