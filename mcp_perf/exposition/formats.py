"""Formats: which of prometheus_client's encoders answers, and how metrics go through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as ExposedMetric
from prometheus_client.registry import Collector as PrometheusCollector

_EOF = b"# EOF\n"  # how OpenMetrics ends
# How names that are plain words come out unchanged; the others are asked for by hardly anybody.
_USUAL_ESCAPING = ("", "allow-utf-8", "underscores")


@dataclass(frozen=True)
class Format:
    """What an Accept header has led to."""

    content_type: str
    encode: Callable[[PrometheusCollector], bytes]

    @cached_property
    def key(self) -> tuple[str, str]:
        """What formats have in common that write our metrics alike."""
        return self.content_type.partition(";")[0], self._escaping

    @property
    def is_usual(self) -> bool:
        """Whether it is worth keeping text for the next time."""
        return self._escaping in _USUAL_ESCAPING

    @property
    def end(self) -> bytes:
        """What stands behind the last metric."""
        return _EOF if "openmetrics" in self.content_type else b""

    @cached_property
    def _escaping(self) -> str:
        return self.content_type.partition("escaping=")[2]

    def encoded(self, metric: ExposedMetric) -> bytes:
        """One metric by itself, without the end."""
        return self.encode(_Fixed([metric])).removesuffix(_EOF)


def choose(accept: str) -> Format:
    """The format for an Accept header."""
    try:
        encode, content_type = choose_encoder(accept)
    except Exception:  # of a header that nobody can read, such as one with a version that is no number
        encode, content_type = choose_encoder("")
    return Format(content_type, encode)


class _Fixed(PrometheusCollector):
    def __init__(self, metrics: list[ExposedMetric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[ExposedMetric]:
        return self._metrics
