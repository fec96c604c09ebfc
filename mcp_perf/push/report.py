"""The report of a job on itself: gauges that are pushed along with what it has measured.

Which ones, see Prometheus' "Instrumentation", on batch jobs: when it succeeded last, when it ended last, how
long it took.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.metrics_core import GaugeMetricFamily, Metric


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
        yield self._gauge("last_start_timestamp_seconds", "When the job began last.", self.started_at)
        if self.ended_at is None:
            return
        yield self._gauge("last_end_timestamp_seconds", "When the job ended last, however.", self.ended_at)
        yield self._gauge("last_duration_seconds", "How long the job took when it ended last.", self.seconds)
        yield self._gauge(
            "last_success", "Whether the job succeeded when it ended last: 1 or 0.", float(self.has_succeeded)
        )
        if self.has_succeeded:
            yield self._gauge(
                "last_success_timestamp_seconds", "When the job ended last that succeeded.", self.ended_at
            )

    def _gauge(self, name: str, documentation: str, value: float) -> Metric:
        return GaugeMetricFamily(f"{self.namespace}_job_{name}", documentation, value)
