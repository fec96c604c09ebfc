"""A format: how ``/metrics`` is written, and what the renderings of all formats have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from prometheus_client.metrics_core import Metric as ExposedMetric

from ..pace import Pace
from ..registry.snapshot import FamilyReading

# How names that are plain words come out unchanged; the others are asked for by hardly anybody.
_USUAL_ESCAPING = ("", "allow-utf-8", "underscores")


@dataclass(frozen=True)
class Fault:
    """Why `metric`, or `number` series of it, cannot be written."""

    metric: str
    error: Exception
    number: int = 1


class Rendering(Protocol):
    """Renders our own families in formats of one kind, one reading after another, in one thread at a time."""

    def render(
        self, families: Iterable[FamilyReading], form: Any, pace: Pace
    ) -> tuple[list[bytes], Sequence[Fault]]:
        """The metrics in parts, those of one name together, and what they lack."""


@dataclass(frozen=True)
class Format(ABC):
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
