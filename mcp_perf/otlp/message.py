"""Messages: what series have read as the SDK's metrics, in parts that a receiver takes at once."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from ..history.amounts import Amount
from ..history.change import Labels
from ..pace import Pace, parts, unpaced
from ..registry.description import FamilyDescription, Metric
from ..registry.exemplar import Exemplar
from ..storage.native import has_native
from . import points
from .account import name_of
from .exemplars import Exemplars, told
from .naming import Attributes, Naming, Stream
from .points import Interval

# The series of one family that have something to tell, each with from when to when it does.
Rows: TypeAlias = Iterable[tuple[Labels, Amount, Interval]]

_POINTS = 2000  # of one message: half a megabyte, of the 4 that a gRPC server takes unless told otherwise
_SCOPE = "mcp_perf"


@dataclass
class _Gathered:
    """The points of one metric, of whatever families: these have different label names."""

    stream: Stream
    kind: str
    is_delta: bool
    points: list[Any] = field(default_factory=list)


class Messages:
    """Makes messages about the service that `resource` is, an attribute of the SDK's."""

    def __init__(self, naming: Naming, *, is_exponential: bool) -> None:
        self._naming = naming
        self._is_exponential = is_exponential
        self._sdk: Any = importlib.import_module("opentelemetry.sdk.metrics.export")
        scope: Any = importlib.import_module("opentelemetry.sdk.util.instrumentation").InstrumentationScope
        self._scope = scope(_SCOPE, _version(), naming.schema)

    def of(
        self,
        resource: Any,
        families: Iterable[tuple[FamilyDescription, bool, Rows]],
        exemplars: Exemplars,
        pace: Pace = unpaced,
    ) -> list[Any]:
        """The messages that tell these families' series; of each also whether it tells only what has come."""
        found: dict[tuple[str, str, bool], _Gathered] = {}
        for family, is_delta, rows in families:
            kept = list(rows)
            for metric in family.metrics:
                some = exemplars.get(name_of(family), {}) if metric.shows != "events" else {}
                self._gather(found, family, metric, is_delta, kept, some, pace)
        return [self._message(resource, part) for part in _parted(found.values())]

    def _gather(
        self,
        found: dict[tuple[str, str, bool], _Gathered],
        family: FamilyDescription,
        metric: Metric,
        is_delta: bool,
        rows: Rows,
        exemplars: Mapping[Labels, Sequence[Exemplar]],
        pace: Pace,
    ) -> None:
        stream = self._naming.stream(family, metric)
        kind, point = self._kind(family, metric)
        gathered = found.setdefault((stream.name, kind, is_delta), _Gathered(stream, kind, is_delta))
        for labels, amount, span in rows:
            made = point(stream.attributes(labels), span, amount)
            if labels in exemplars:
                made = replace(made, exemplars=[told(one) for one in exemplars[labels]])
            gathered.points.append(made)
            pace()

    def _kind(
        self, family: FamilyDescription, metric: Metric
    ) -> tuple[str, Callable[[Attributes, Interval, Any], Any]]:
        """What the points of a metric are, and what makes one."""
        sdk, grid = self._sdk, family.grid
        if metric.shows == "distribution" and grid is not None:
            if self._is_exponential and has_native(grid):
                return "exponential", lambda *about: points.exponential(sdk, grid, *about)
            return "histogram", lambda *about: points.explicit(sdk, grid, *about)
        is_whole = family.section not in ("custom", "monitor")
        kind = "sum" if metric.type == "counter" else "gauge"
        if family.is_measured_gauge and family.section != "monitor":
            kind = "level"  # whoever has begun something ends it: that adds up, where a gauge need not

        def point(attributes: Attributes, span: Interval, amount: Amount) -> Any:
            return points.number(sdk, attributes, span, points.events(amount), is_whole=is_whole)

        return kind, point

    def _message(self, resource: Any, part: Iterable[tuple[_Gathered, list[Any]]]) -> Any:
        sdk = self._sdk
        metrics = [
            sdk.Metric(one.stream.name, one.stream.description, one.stream.unit, self._data(one, found))
            for one, found in part
        ]
        scoped = sdk.ScopeMetrics(self._scope, metrics, self._naming.schema)
        return sdk.MetricsData([sdk.ResourceMetrics(resource, [scoped], "")])

    def _data(self, one: _Gathered, found: list[Any]) -> Any:
        sdk = self._sdk
        temporality = (
            sdk.AggregationTemporality.DELTA if one.is_delta else sdk.AggregationTemporality.CUMULATIVE
        )
        if one.kind == "gauge":
            return sdk.Gauge(found)
        if one.kind == "histogram":
            return sdk.Histogram(found, temporality)
        if one.kind == "exponential":
            return sdk.ExponentialHistogram(found, temporality)
        return sdk.Sum(found, temporality, is_monotonic=one.kind == "sum")


def without_exemplars(message: Any) -> Any:
    """The same message with no exemplar in it; None where there is none."""
    found = False

    def bare(metric: Any) -> Any:
        nonlocal found
        data = metric.data
        found = found or any(one.exemplars for one in data.data_points)
        return replace(
            metric, data=replace(data, data_points=[replace(one, exemplars=[]) for one in data.data_points])
        )

    resources = [
        replace(
            one, scope_metrics=[replace(of, metrics=list(map(bare, of.metrics))) for of in one.scope_metrics]
        )
        for one in message.resource_metrics
    ]
    return replace(message, resource_metrics=resources) if found else None


def _version() -> str | None:
    try:
        return importlib.metadata.version("mcp-perf")
    except importlib.metadata.PackageNotFoundError:  # a copy that nobody has installed
        return None


def _parted(gathered: Iterable[_Gathered]) -> Iterator[list[tuple[_Gathered, list[Any]]]]:
    """The points of all metrics, no more than so many at once."""
    part: list[tuple[_Gathered, list[Any]]] = []
    room = _POINTS
    for one in gathered:
        for some in parts(one.points, _POINTS):
            while some:
                part.append((one, some[:room]))
                some, room = some[room:], room - len(part[-1][1])
                if not room:
                    yield part
                    part, room = [], _POINTS
    if part:
        yield part
