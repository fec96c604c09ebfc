"""The text format: prometheus_client's, which writes the user's own metrics too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as ExposedMetric
from prometheus_client.registry import Collector as PrometheusCollector

from ...lazy import lazy
from ..format import Format
from ..negotiation import Choice
from .renderer import Renderer

_EOF = b"# EOF\n"  # how OpenMetrics ends


@dataclass(frozen=True)
class TextFormat(Format):
    """One of the text formats, which prometheus_client writes."""

    encode: Callable[[PrometheusCollector], bytes]

    @lazy
    def key(self) -> tuple[str, str]:
        """What formats have in common that write our metrics alike."""
        return self.content_type.partition(";")[0], self.escaping

    @property
    def end(self) -> bytes:
        """What stands behind the last metric."""
        return _EOF if self.has_exemplars else b""

    @lazy
    def has_exemplars(self) -> bool:
        """Whether they stand behind the numbers."""
        return "openmetrics" in self.content_type

    @lazy
    def escaping(self) -> str:
        """How names are written that are not plain words."""
        return self.content_type.partition("escaping=")[2]

    def rendering(self, names: frozenset[str]) -> Renderer:
        """Who renders our own metrics."""
        return Renderer(names)

    def encoded(self, metric: ExposedMetric) -> bytes:
        """One metric by itself, without the end."""
        return self.encode(_Fixed([metric])).removesuffix(_EOF)

    def written(self, metric: ExposedMetric, names: frozenset[str]) -> bytes:
        """One metric by itself, without the end; samples of `names` only, if any."""
        if names:
            metric = _restricted(metric, names)
            if not metric.samples:
                return b""
        return self.encoded(metric)


def text_format(choice: Choice) -> TextFormat:
    """The format of prometheus_client's for a choice of text or OpenMetrics."""
    version = choice.offer.parameters["version"]
    return _text_format(f"{choice.offer.media_type};version={version};escaping={choice.escaping}")


@cache
def _text_format(asked: str) -> TextFormat:
    encode, content_type = choose_encoder(asked)
    return TextFormat(content_type, encode)


def _restricted(metric: ExposedMetric, names: frozenset[str]) -> ExposedMetric:
    kept = ExposedMetric(metric.name, metric.documentation, metric.type)
    kept.samples = [sample for sample in metric.samples if sample.name in names]
    return kept


class _Fixed(PrometheusCollector):
    def __init__(self, metrics: list[ExposedMetric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[ExposedMetric]:
        return self._metrics
