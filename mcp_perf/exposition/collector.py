"""The collector: a snapshot as prometheus_client's own metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client.metrics_core import Metric as ExposedMetric
from prometheus_client.registry import Collector as PrometheusCollector
from prometheus_client.utils import floatToGoString

from ..registry.description import Metric
from ..registry.distribution import Distribution, Value
from ..registry.snapshot import Snapshot


def expose(snapshot: Snapshot) -> list[ExposedMetric]:
    """The metrics of a snapshot; families that share a metric become one."""
    metrics: dict[str, ExposedMetric] = {}
    for family in snapshot.families:
        names = family.description.labelnames
        for metric in family.description.metrics:
            exposed = metrics.get(metric.name)
            if exposed is None:
                exposed = metrics[metric.name] = headed(metric)
            for series in family.series:
                add_samples(exposed, metric, dict(zip(names, series.labels, strict=True)), series.value)
    return list(metrics.values())


def headed(metric: Metric) -> ExposedMetric:
    """`metric` without samples."""
    return ExposedMetric(metric.family_name, metric.documentation, metric.type)


def add_samples(exposed: ExposedMetric, metric: Metric, labels: dict[str, str], value: Value) -> None:
    """Add to `exposed` what `metric` shows of the value of one series.

    Of a distribution these are the buckets in ascending order, the count and, where there is one, the sum.
    """
    if not isinstance(value, Distribution):
        exposed.add_sample(metric.name, labels, value)
    elif metric.shows == "events":
        exposed.add_sample(metric.name, labels, value.events)
    else:
        buckets = value.buckets()
        for bound, count in buckets:
            exposed.add_sample(f"{metric.name}_bucket", {**labels, "le": _bound(bound)}, count)
        exposed.add_sample(f"{metric.name}_count", labels, buckets[-1][1])
        if buckets[0][0] >= 0:  # the sum of what may be negative is no counter: OpenMetrics leaves it out
            exposed.add_sample(f"{metric.name}_sum", labels, value.sum)


def _bound(bound: float) -> str:
    text: str = floatToGoString(bound)  # type: ignore[no-untyped-call]
    return text


class Collector(PrometheusCollector):
    """Everything that a monitor has measured, for a prometheus_client registry."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[ExposedMetric]:
        """The metrics of a snapshot taken now."""
        return expose(self._snapshot())

    def describe(self) -> Iterable[ExposedMetric]:
        """The metrics by name, without samples."""
        for metric in self.collect():
            yield ExposedMetric(metric.name, metric.documentation, metric.type)
