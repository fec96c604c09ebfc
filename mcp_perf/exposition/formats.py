"""Formats: who writes what an Accept header asks for, and how metrics go through it."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as ExposedMetric
from prometheus_client.registry import Collector as PrometheusCollector

from ..faults import logger
from ..pace import Pace
from ..registry.snapshot import FamilyReading
from .negotiation import Choice, choices

if TYPE_CHECKING:
    from .renderer import Fault

_EOF = b"# EOF\n"  # how OpenMetrics ends
# How names that are plain words come out unchanged; the others are asked for by hardly anybody.
_USUAL_ESCAPING = ("", "allow-utf-8", "underscores")


class Rendering(Protocol):
    """Renders our own families in formats of one kind, one reading after another."""

    def render(
        self, families: Iterable[FamilyReading], form: Any, pace: Pace
    ) -> tuple[list[bytes], Sequence[Fault]]:
        """The metrics in parts, and what they lack."""


@dataclass(frozen=True)
class AnyFormat(ABC):
    """What an Accept header has led to."""

    content_type: str

    @property
    def is_usual(self) -> bool:
        """Whether it is worth keeping what is written for the next time."""
        return self.escaping in _USUAL_ESCAPING

    @property
    def end(self) -> bytes:
        """What stands behind the last metric."""
        return b""

    @property
    @abstractmethod
    def escaping(self) -> str:
        """How names are written that are not plain words."""

    @abstractmethod
    def rendering(self, names: frozenset[str]) -> Rendering:
        """Who renders our own metrics; those that have to do with `names` only, if any."""

    @abstractmethod
    def written(self, metric: ExposedMetric, names: frozenset[str]) -> bytes:
        """One metric by itself, without the end; what there is in it of `names` only, if any."""


@dataclass(frozen=True)
class Format(AnyFormat):
    """One of the text formats, which prometheus_client writes."""

    encode: Callable[[PrometheusCollector], bytes]

    @cached_property
    def key(self) -> tuple[str, str]:
        """What formats have in common that write our metrics alike."""
        return self.content_type.partition(";")[0], self.escaping

    @property
    def end(self) -> bytes:
        """What stands behind the last metric."""
        return _EOF if "openmetrics" in self.content_type else b""

    @cached_property
    def escaping(self) -> str:
        """How names are written that are not plain words."""
        return self.content_type.partition("escaping=")[2]

    def rendering(self, names: frozenset[str]) -> Rendering:
        """Who renders our own metrics."""
        from .renderer import Renderer  # which looks at this module

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


def choose(accept: str) -> AnyFormat:
    """The best format for an Accept header; of those that need a library, one whose library is there."""
    for choice in choices(accept):
        if choice.offer.kind != "protobuf":
            break
        of = _protobuf_format()
        if of is not None:
            return of(choice)
    return text_format(choice)


def finish_imports() -> None:
    """Have what another thread has begun to import be there: in a child nobody would go on with it."""
    if f"{__package__}.protobuf" in sys.modules:
        _protobuf_format()


@cache
def _protobuf_format() -> Callable[[Choice], AnyFormat] | None:
    """What makes the protobuf format; None without the library, or with one that is out of order."""
    try:
        from .protobuf import ProtobufFormat
    except ImportError:
        return None
    except Exception:
        logger.exception("the protobuf library is no use; scrapes get text instead")
        return None
    return ProtobufFormat.of


def text_format(choice: Choice) -> Format:
    """The format of prometheus_client's for a choice of text or OpenMetrics."""
    version = choice.offer.parameters["version"]
    return _text_format(f"{choice.offer.media_type};version={version};escaping={choice.escaping}")


@cache
def _text_format(asked: str) -> Format:
    encode, content_type = choose_encoder(asked)
    return Format(content_type, encode)


def _restricted(metric: ExposedMetric, names: frozenset[str]) -> ExposedMetric:
    kept = ExposedMetric(metric.name, metric.documentation, metric.type)
    kept.samples = [sample for sample in metric.samples if sample.name in names]
    return kept


class _Fixed(PrometheusCollector):
    def __init__(self, metrics: list[ExposedMetric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[ExposedMetric]:
        return self._metrics
