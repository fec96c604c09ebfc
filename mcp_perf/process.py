"""What the operating system says of this process."""

from __future__ import annotations

import os
import threading

from prometheus_client import CollectorRegistry
from prometheus_client.process_collector import ProcessCollector

_PREFIX = "process_"


def process() -> dict[str, float]:
    """CPU seconds, memory in bytes, file descriptors and threads; fewer where the system does not tell."""
    collector = ProcessCollector(registry=CollectorRegistry())
    values = {
        sample.name.removeprefix(_PREFIX).removesuffix("_total"): sample.value
        for metric in collector.collect()
        for sample in metric.samples
    }
    return {"pid": os.getpid(), "threads": threading.active_count(), **values}
