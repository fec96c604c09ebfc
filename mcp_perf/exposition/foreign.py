"""Foreign collectors: the user's own metrics in a prometheus_client registry, each collector by itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Enum,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    Summary,
)
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.samples import Sample

from ..pace import Pace
from ..threads import start
from .collector import Collector

SECONDS = 2.0  # that a collector may take
_IN_ALL = 3  # times as many, that all of them may take
# They compute, and wait for nothing, but for a gauge with a function; their subclasses may do anything.
_PROMPT = {Counter, Gauge, Summary, Histogram, Info, Enum, GCCollector, PlatformCollector, ProcessCollector}
_VARIABLES = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")


class Foreign:
    """What `registry` collects, but for `own`, which would be there twice.

    `failed` is told of each collector, by its name, that fails, gives what is no metric, or takes longer than
    `seconds`, which costs its own metrics only; and of each metric whose name is taken. One that hangs is not
    asked again until it has come back, and none when they have taken three times as long together.
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
        self._local = threading.local()

    def collect(self, pace: Pace, taken: Set[str] = frozenset()) -> Iterator[Metric]:
        """The metrics, one after another, but for those whose names are taken."""
        until = time.monotonic() + _IN_ALL * self._seconds
        for collector in self._collectors():
            for metric in self._collected(collector, until):
                if metric.name not in taken:
                    yield metric
                elif not isinstance(collector, Collector):  # that of another monitor
                    self._failed(metric.name, ValueError("a metric of mcp_perf has that name"))
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
            several: Any = MultiProcessCollector
            found.insert(0, _Lazily(several.__name__, lambda: several(None, directory).collect()))
        return found if target is None else [_Lazily("target_info", lambda: [target]), *found]

    def _collected(self, collector: Any, until: float) -> list[Metric]:
        try:
            found = list(collector.collect()) if _is_prompt(collector) else self._in_time(collector, until)
        except Exception as error:
            self._failed(name_of(collector), error)
            return []
        odd = [type(one).__name__ for one in found if not _is_metric(one)]
        if odd:
            self._failed(name_of(collector), TypeError(f"it gave {odd[0]} where a metric was due"))
        return [one for one in found if _is_metric(one)]

    def _in_time(self, collector: Any, until: float) -> list[Metric]:
        asked: frozenset[int] = getattr(self._local, "asked", frozenset())
        if id(collector) in asked:
            raise RecursionError("it asks for a scrape of itself")
        before = self._hanging.get(id(collector))
        if before is not None and before.is_alive():
            raise TimeoutError("it still hangs, since an earlier scrape")
        if time.monotonic() >= until:
            raise TimeoutError("the collectors before it have taken all the time")
        self._hanging.pop(id(collector), None)
        found: list[Metric] = []
        errors: list[BaseException] = []
        given_up: list[bool] = []

        def collect() -> None:
            self._local.asked = asked | {id(collector)}
            try:
                for one in collector.collect():
                    if given_up:
                        return
                    found.append(one)
            except BaseException as error:
                errors.append(error)

        thread = start("collector", collect)
        thread.join(self._seconds)
        if thread.is_alive():
            given_up.append(True)
            self._hanging[id(collector)] = thread
            raise TimeoutError(f"it has taken more than {self._seconds:g} s")
        if errors:
            raise RuntimeError(f"{type(errors[0]).__name__}: {errors[0]}") from errors[0]
        return found


class _Lazily:
    """A collector of what a function gives, by name."""

    def __init__(self, name: str, collect: Callable[[], Any]) -> None:
        self._name = name
        self.collect = collect


def _is_prompt(collector: Any) -> bool:
    if type(collector) is Gauge:
        # What `set_function` was given is asked instead, of the gauge or of some label set.
        children = list(getattr(collector, "_metrics", {}).values())
        return not any("_child_samples" in vars(one) for one in [collector, *children])
    return type(collector) in _PROMPT


def _is_metric(one: object) -> bool:
    return isinstance(one, Metric) and isinstance(one.name, str)


def name_of(collector: object) -> str:
    """What a collector is called: a metric by its name, anything else by its class."""
    try:
        name = getattr(collector, "_name", None)
    except Exception:
        name = None
    return name if isinstance(name, str) and name else type(collector).__name__


def with_valid_text(metric: Metric) -> Metric:
    """The same metric with ``?`` for what is not Unicode in it, as of a file's odd name."""
    found = Metric(metric.name, _valid(metric.documentation), metric.type)
    found.unit = metric.unit
    found.samples = [_with_valid_labels(sample) for sample in metric.samples]
    return found


def _with_valid_labels(sample: Sample) -> Sample:
    exemplar = sample.exemplar
    if exemplar is not None:
        exemplar = exemplar._replace(labels=_all_valid(exemplar.labels))
    return sample._replace(labels=_all_valid(sample.labels), exemplar=exemplar)


def _all_valid(labels: Mapping[str, object]) -> dict[str, str]:
    return {name: _valid(value) for name, value in labels.items()}


def _valid(text: object) -> str:
    return str(text).encode("utf-8", "replace").decode()
