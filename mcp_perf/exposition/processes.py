"""Process metrics of several workers: those of whichever answers would be another's each time."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client.metrics_core import Metric as ExposedMetric

from ..registry.labels import PID
from ..registry.snapshot import WorkerReading

PREFIX = "process_"


def of_each(metric: ExposedMetric, workers: Sequence[WorkerReading]) -> ExposedMetric:
    """`metric` as it is, or of each worker with its `pid`, where it is prometheus_client's of one process."""
    if len(workers) < 2 or not _is_of_process(metric, workers):
        return metric
    each = ExposedMetric(metric.name, metric.documentation, metric.type)
    for worker in workers:
        for sample in metric.samples:
            value = worker.process.get(_key(sample.name))
            if value is not None:
                each.add_sample(sample.name, {PID: str(worker.pid)}, value)
    return each


def _is_of_process(metric: ExposedMetric, workers: Sequence[WorkerReading]) -> bool:
    """Whether it is one that the system tells of any process; others may begin with the same word."""
    if not metric.name.startswith(PREFIX):
        return False
    known = {name for worker in workers for name in worker.process}
    return all(not sample.labels and _key(sample.name) in known for sample in metric.samples)


def _key(name: str) -> str:
    return name.removeprefix(PREFIX).removesuffix("_total")
