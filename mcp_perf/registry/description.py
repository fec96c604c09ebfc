"""What a family is: section, labels, metrics and buckets, in one value that names it everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from ..lazy import lazy
from ..storage.grid import Grid, grid_of
from ..storage.records import COUNTER_LENGTH, GAUGE_LENGTH, timed_length

# What a metric shows of its family's records.
Shows = Literal["events", "distribution", "value"]
MetricType = Literal["counter", "gauge", "histogram"]
# What a family's records are, see `storage.records`.
Kind = Literal["counter", "gauge", "timed"]
# How several workers' gauges become one: added up, the least, the greatest or the last written of them, or
# each by itself with a label `pid`.
Merge = Literal["sum", "min", "max", "mostrecent", "all"]
# What a family is about, which is where the summary shows it.
Section = Literal["http", "websocket", "database", "workflows", "calls", "monitor", "custom"]


@dataclass(frozen=True)
class Metric:
    """One metric as readers see it; a family of timed records shows two of them."""

    name: str
    type: MetricType
    documentation: str
    shows: Shows

    def sample_names(self) -> tuple[str, ...]:
        """The names of the lines that it writes, its own included."""
        if self.type == "histogram":
            return (self.name, *(self.name + suffix for suffix in ("_bucket", "_sum", "_count")))
        return (self.name,)

    @property
    def family_name(self) -> str:
        """What OpenMetrics calls it, and prometheus_client: a counter by its name without the suffix."""
        return self.name.removesuffix("_total") if self.type == "counter" else self.name

    def claimed_names(self) -> set[str]:
        """The names that no other metric may have."""
        # When a counter or a histogram was made is a sample of it to whoever reads OpenMetrics.
        created = {f"{self.family_name}_created"} if self.type != "gauge" else set()
        return {*self.sample_names(), self.family_name, *created}


class SeriesKey(NamedTuple):
    """What names a series in all workers; the label names are sorted."""

    section: Section
    key: str
    labelnames: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class FamilyDescription:
    """A family: its series share label names, metrics and, where their records are timed, `buckets`.

    `buckets` are the classic upper bounds, without ``+Inf``; None where a record is one number. `merge` says
    how a gauge reads where several workers have one; all else is added up.
    """

    section: Section
    key: str
    labelnames: tuple[str, ...]
    metrics: tuple[Metric, ...]
    buckets: tuple[float, ...] | None = None
    merge: Merge = "sum"

    @lazy
    def identity(self) -> tuple[Any, ...]:
        """What families have in common that are one in several workers.

        All but the text, the buckets, the way of merging, and the order of the label names, which no reader
        tells apart.
        """
        names = tuple((metric.name, metric.type, metric.shows) for metric in self.metrics)
        return self.section, self.key, tuple(sorted(self.labelnames)), self.kind, names

    def series_key(self, labels: tuple[str, ...]) -> SeriesKey:
        """The key of the series of these label values."""
        pairs = sorted(zip(self.labelnames, labels, strict=True), key=itemgetter(0))
        return SeriesKey(
            self.section,
            self.key,
            tuple([name for name, _ in pairs]),
            tuple([value for _, value in pairs]),
        )

    @lazy
    def grid(self) -> Grid | None:
        """What timed records count over; None where a record is one number."""
        return grid_of(self.buckets) if self.buckets is not None else None

    @lazy
    def length(self) -> int:
        """The number of slots of a series' run."""
        if self.grid is not None:
            return timed_length(self.grid)
        return GAUGE_LENGTH if self.kind == "gauge" else COUNTER_LENGTH

    @lazy
    def kind(self) -> Kind:
        """What the records of its series are."""
        if self.buckets is not None:
            return "timed"
        return "gauge" if self.metrics[0].type == "gauge" else "counter"

    @property
    def is_measured_gauge(self) -> bool:
        """Whether its records are gauges of what is going on, which whoever has begun it ends there."""
        return self.kind == "gauge" and self.section != "custom"
