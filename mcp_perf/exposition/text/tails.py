"""Tails: exemplars as they stand behind numbers, as prometheus_client has written them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Protocol

from prometheus_client.metrics_core import Metric as ExposedMetric

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
    """Writes the exemplars of one family; those that were there before are ready."""

    def __init__(self) -> None:
        self._known: dict[Exemplar, bytes] = {}

    def tails(self, reading: FamilyReading, form: Encoder) -> Tails:
        """Those of a reading. Formats that have exemplars write them alike."""
        if not reading.exemplars:
            return NO_TAILS
        bounds = bounds_of(reading.description)
        known: dict[Exemplar, bytes] = {}
        found = {}
        for labels, exemplars in reading.exemplars.items():
            tails = found[labels] = dict[int, bytes]()
            for one in exemplars:
                tail = known[one] = self._known.get(one) or _tail(one, form)
                tails[bisect_left(bounds, one.value)] = tail
        self._known = known
        return found


def _tail(exemplar: Exemplar, form: Encoder) -> bytes:
    metric = ExposedMetric("x", "", "counter")
    metric.add_sample("x_total", {}, 0.0, exemplar=as_exposed(exemplar))
    _, start, tail = form.encoded(metric).partition(_START)
    return start + tail.removesuffix(b"\n")
