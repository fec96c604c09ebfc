"""The collector: a snapshot as prometheus_client's own metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from prometheus_client.metrics_core import Metric as ExposedMetric
from prometheus_client.registry import Collector as PrometheusCollector
from prometheus_client.samples import Exemplar as ExposedExemplar
from prometheus_client.utils import floatToGoString

from ..registry.description import Metric
from ..registry.distribution import Distribution, Value
from ..registry.exemplar import Exemplar
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
                labels = dict(zip(names, series.labels, strict=True))
                add_samples(exposed, metric, labels, series.value, series.exemplars)
    return list(metrics.values())


def headed(metric: Metric) -> ExposedMetric:
    """`metric` without samples."""
    return ExposedMetric(metric.family_name, metric.documentation, metric.type)


def add_samples(
    exposed: ExposedMetric,
    metric: Metric,
    labels: dict[str, str],
    value: Value,
    exemplars: Sequence[Exemplar] = (),
) -> None:
    """Add to `exposed` what `metric` shows of the value of one series.

    Of a distribution these are the buckets in ascending order, with their exemplars, the count and, where
    there is one, the sum.
    """
    if not isinstance(value, Distribution):
        exemplar = as_exposed(exemplars[0]) if exemplars and metric.type == "counter" else None
        exposed.add_sample(metric.name, labels, value, exemplar=exemplar)
    elif metric.shows == "events":
        exposed.add_sample(metric.name, labels, value.events)
    else:
        buckets = value.buckets()
        shown = {bisect_left(value.grid.classic, one.value): as_exposed(one) for one in exemplars}
        for place, (bound, count) in enumerate(buckets):
            exposed.add_sample(
                f"{metric.name}_bucket",
                {**labels, "le": _bound(bound)},
                count,
                exemplar=shown.get(place),
            )
        exposed.add_sample(f"{metric.name}_count", labels, buckets[-1][1])
        if buckets[0][0] >= 0:  # the sum of what may be negative is no counter: OpenMetrics leaves it out
            exposed.add_sample(f"{metric.name}_sum", labels, value.sum)


def as_exposed(exemplar: Exemplar) -> ExposedExemplar:
    """An exemplar as prometheus_client has it."""
    return ExposedExemplar(dict(exemplar.labels), exemplar.value, exemplar.timestamp)


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
