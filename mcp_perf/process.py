"""What the operating system says of a process."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import PurePath

from prometheus_client import CollectorRegistry
from prometheus_client.process_collector import ProcessCollector

_PREFIX = "process_"


def process(pid: int) -> dict[str, float]:
    """CPU seconds, memory in bytes, file descriptors and threads; fewer where the system does not tell."""
    # Its own threads a process knows everywhere, those of another one nobody does.
    known = {"threads": float(threading.active_count())} if pid == os.getpid() else {}
    collector = ProcessCollector(pid=lambda: pid, registry=CollectorRegistry())
    values = {
        sample.name.removeprefix(_PREFIX).removesuffix("_total"): sample.value
        for metric in collector.collect()
        for sample in metric.samples
    }
    return {"pid": float(pid), **known, **values}


def program() -> str:
    """What this process was started as: the name of a service that has no other."""
    return PurePath(sys.argv[0] or "python").name
