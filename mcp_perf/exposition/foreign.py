"""Foreign collectors: the user's own metrics in a prometheus_client registry, each collector by itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from ..pace import Pace

SECONDS = 2.0  # that a collector may take
# They compute, and wait for nothing.
_PROMPT = (MetricWrapperBase, GCCollector, PlatformCollector, ProcessCollector)
_VARIABLES = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")


class Foreign:
    """What `registry` collects, but for `own`, which would be there twice.

    `failed` is told of each collector, by its name, that fails or takes longer than `seconds`, which costs
    its own metrics only; one that hangs is not asked again until it has come back.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        own: object,
        failed: Callable[[str, BaseException], None],
        seconds: float = SECONDS,
    ) -> None:
        self._registry = registry
        self._own = own
        self._failed = failed
        self._seconds = seconds
        self._hanging: dict[int, threading.Thread] = {}

    def collect(self, pace: Pace) -> Iterator[Metric]:
        """The metrics, one after another."""
        for collector in self._collectors():
            yield from self._collected(collector)
            pace()

    def _collectors(self) -> list[Any]:
        """The collectors of the registry, which has no public way to ask one by one."""
        registry: Any = self._registry
        try:
            with registry._lock:
                found = list(registry._collector_to_names)
                target = registry._target_info_metric() if registry._target_info else None
        except Exception:  # another kind of registry
            return [registry]
        directory = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), None)
        found = [one for one in found if one is not self._own]
        if directory is not None:
            # prometheus_client's own way with several processes: the metrics here are those of one.
            found = [one for one in found if not isinstance(one, MetricWrapperBase)]
            found.insert(0, _Lazily(lambda: MultiProcessCollector(None, directory).collect()))  # type: ignore[no-untyped-call]
        return found if target is None else [_Lazily(lambda: [target]), *found]

    def _collected(self, collector: Any) -> list[Metric]:
        try:
            if isinstance(collector, _PROMPT):
                return list(collector.collect())
            return self._in_time(collector)
        except Exception as error:
            self._failed(name_of(collector), error)
            return []

    def _in_time(self, collector: Any) -> list[Metric]:
        before = self._hanging.get(id(collector))
        if before is not None and before.is_alive():
            raise TimeoutError("it still hangs, since an earlier scrape")
        self._hanging.pop(id(collector), None)
        found: list[Metric] = []
        errors: list[BaseException] = []

        def collect() -> None:
            try:
                found.extend(collector.collect())
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=collect, name="mcp_perf collector", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if thread.is_alive():
            self._hanging[id(collector)] = thread
            raise TimeoutError(f"it has taken more than {self._seconds:g} s")
        if errors:
            raise RuntimeError(f"{type(errors[0]).__name__}: {errors[0]}") from errors[0]
        return found


class _Lazily:
    """A collector of what a function gives."""

    def __init__(self, collect: Callable[[], Any]) -> None:
        self.collect = collect


def name_of(collector: object) -> str:
    """What a collector is called: a metric by its name, anything else by its class."""
    name = getattr(collector, "_name", None)
    return name if isinstance(name, str) and name else type(collector).__name__
