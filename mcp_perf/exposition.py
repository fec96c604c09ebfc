"""Exposition: a snapshot as prometheus_client sees it, and as the bytes of ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as ExposedMetric
from prometheus_client.registry import Collector as PrometheusCollector
from prometheus_client.utils import floatToGoString

from .faults import logger
from .registry.description import Metric
from .registry.family import Family
from .registry.snapshot import Distribution, FamilyReading, SeriesReading, Snapshot
from .timing import Clock


def expose(snapshot: Snapshot) -> list[ExposedMetric]:
    """The metrics of a snapshot; families that share a metric become one."""
    metrics: dict[str, ExposedMetric] = {}
    for family in snapshot.families:
        for metric in family.description.metrics:
            exposed = metrics.get(metric.name)
            if exposed is None:
                # prometheus_client keeps a counter's name without its suffix.
                name = metric.name.removesuffix("_total") if metric.type == "counter" else metric.name
                exposed = metrics[metric.name] = ExposedMetric(name, metric.documentation, metric.type)
            for series in family.series:
                _add(exposed, metric, family, series)
    return list(metrics.values())


def _add(exposed: ExposedMetric, metric: Metric, family: FamilyReading, series: SeriesReading) -> None:
    labels = dict(zip(family.description.labelnames, series.labels, strict=True))
    value = series.value
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


_EOF = b"# EOF\n"  # how OpenMetrics ends


class Exposition:
    """Renders what a monitor has measured and what `foreign`, the user's own registry, holds.

    `scrapes` times renderings, `errors` counts collectors that failed.
    """

    def __init__(
        self,
        *,
        snapshot: Callable[[], Snapshot],
        scrapes: Family,
        errors: Family,
        clock: Clock,
        foreign: CollectorRegistry | None,
    ) -> None:
        self.collector = Collector(snapshot)
        self._snapshot = snapshot
        self._scrapes = scrapes
        self._errors = errors
        self._clock = clock.monotonic
        self._foreign = foreign

    def render(self, accept: str, names: frozenset[str]) -> tuple[str, bytes]:
        """The content type and the bytes for an Accept header, with samples of `names` only, if any."""
        started = self._clock()
        encode, content_type = _encoder(accept)
        # One by one, so that one that cannot be encoded costs no other.
        parts = [self._encoded(encode, metric, names) for metric in self._metrics()]
        end = _EOF if "openmetrics" in content_type else b""
        body = b"".join(part.removesuffix(_EOF) for part in parts) + end
        self._scrapes.labels().observe(self._clock() - started)
        return content_type, body

    def _encoded(
        self, encode: Callable[[PrometheusCollector], bytes], metric: ExposedMetric, names: frozenset[str]
    ) -> bytes:
        try:
            if names:
                metric = _restricted(metric, names)
                if not metric.samples:
                    return b""
            return encode(_Fixed([metric]))
        except Exception:
            self._errors.labels().add(1.0)
            logger.exception("the metric %r cannot be written; this scrape lacks it", metric.name)
            return b""

    def _metrics(self) -> list[ExposedMetric]:
        metrics = expose(self._snapshot())
        taken = {metric.name for metric in metrics}
        # A registry that `collector` is registered in gives our own metrics a second time.
        metrics += [metric for metric in self._foreign_metrics() if metric.name not in taken]
        return metrics

    def _foreign_metrics(self) -> Iterator[ExposedMetric]:
        if self._foreign is None:
            return
        try:
            yield from self._foreign.collect()
        except Exception:
            self._errors.labels().add(1.0)
            logger.exception("a collector failed; this scrape lacks its metrics and those of later ones")


def _encoder(accept: str) -> tuple[Callable[[PrometheusCollector], bytes], str]:
    try:
        return choose_encoder(accept)
    except Exception:  # of a header that nobody can read, such as one with a version that is no number
        return choose_encoder("")


class _Fixed(PrometheusCollector):
    def __init__(self, metrics: list[ExposedMetric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[ExposedMetric]:
        return self._metrics


def _restricted(metric: ExposedMetric, names: frozenset[str]) -> ExposedMetric:
    kept = ExposedMetric(metric.name, metric.documentation, metric.type)
    kept.samples = [sample for sample in metric.samples if sample.name in names]
    return kept
