"""The report of a job on itself: gauges that are pushed along with what it has measured.

Which ones, see Prometheus' "Instrumentation", on batch jobs: when it succeeded last, when it ended last, how
long it took.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from .. import catalogue
from ..catalogue import FamilySpec


@dataclass
class Report:
    """What a run is like that began at `started_at`, in seconds since the epoch.

    Once it has ended `ended_at` is when, `seconds` how long it took, and `has_succeeded` how it ended.
    """

    namespace: str
    started_at: float
    ended_at: float | None = None
    seconds: float = 0.0
    has_succeeded: bool = False

    def metrics(self) -> Iterator[Metric]:
        """The gauges. A run that failed says nothing of when one succeeded last."""
        yield self._gauge(catalogue.JOB_START, self.started_at)
        if self.ended_at is None:
            return
        yield self._gauge(catalogue.JOB_END, self.ended_at)
        yield self._gauge(catalogue.JOB_DURATION, self.seconds)
        yield self._gauge(catalogue.JOB_SUCCESS, float(self.has_succeeded))
        if self.has_succeeded:
            yield self._gauge(catalogue.JOB_SUCCESS_END, self.ended_at)

    def _gauge(self, spec: FamilySpec, value: float) -> Metric:
        (metric,) = spec.metrics
        return GaugeMetricFamily(f"{self.namespace}_{metric.name}", metric.documentation, value)
