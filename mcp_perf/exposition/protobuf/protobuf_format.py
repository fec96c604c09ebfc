"""Prometheus' protobuf format, with native histograms; here the ``protobuf`` library is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from prometheus_client.metrics_core import Metric as ExposedMetric

from ...pace import Pace, unpaced
from ...registry.description import FamilyDescription, Metric
from ...registry.snapshot import FamilyReading
from ..format import Fault, Format
from ..negotiation import Choice
from .blocks import Block
from .messages import delimited
from .naming import names_in
from .translation import translated

_CONTENT_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"


@dataclass(frozen=True)
class ProtobufFormat(Format):
    """The format; in it a metric comes whole or not at all."""

    names_escaping: str

    @classmethod
    def of(cls, choice: Choice) -> ProtobufFormat:
        """The format as it was asked for."""
        plain = choice.escaping == "underscores"
        return cls(
            _CONTENT_TYPE if plain else f"{_CONTENT_TYPE}; escaping={choice.escaping}", choice.escaping
        )

    @property
    def escaping(self) -> str:
        """How names are written that are not plain words."""
        return self.names_escaping

    def rendering(self, names: frozenset[str]) -> Messages:
        """Who renders our own metrics."""
        return Messages(names)

    def written(self, metric: ExposedMetric, names: frozenset[str]) -> bytes:
        """One metric by itself, whole if there is anything in it of `names`."""
        found = [
            family
            for family, samples in translated(metric, names_in(self.escaping))
            if not names or not names.isdisjoint(samples)
        ]
        return b"".join(chain.from_iterable(delimited([family.SerializeToString()]) for family in found))


class Messages:
    """Renders families, one reading after another, like `Renderer`."""

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        self._names = names
        self._blocks: dict[str, dict[tuple[str, tuple[str, ...]], list[Block]]] = {}

    def render(
        self, families: Iterable[FamilyReading], form: Format, pace: Pace = unpaced
    ) -> tuple[list[bytes], Sequence[Fault]]:
        """The metrics of `families`, in parts, those of one name together, and what they lack."""
        metrics: dict[str, list[bytes]] = {}
        faults: list[Fault] = []
        before, after = self._blocks.get(form.escaping, {}), {}
        for family in families:
            description = family.description
            identity = description.key, description.labelnames
            blocks = before.get(identity)
            if blocks is None or any(block.description != description for block in blocks):
                blocks = [Block(description, metric, form.escaping) for metric in self._asked(description)]
            after[identity] = blocks
            for block in blocks:
                _add(metrics, faults, block, family, pace)
        self._blocks[form.escaping] = after
        whole = [delimited(parts) for parts in metrics.values()]
        return list(chain.from_iterable(whole)), faults

    def _asked(self, description: FamilyDescription) -> list[Metric]:
        return [
            metric
            for metric in description.metrics
            if not self._names or not self._names.isdisjoint(metric.sample_names())
        ]


def _add(
    metrics: dict[str, list[bytes]], faults: list[Fault], block: Block, family: FamilyReading, pace: Pace
) -> None:
    """Add what a family's series write of one metric; without series there is none."""
    name = block.metric.name
    try:
        errors = block.render(family, pace)
        if block.written:
            metrics.setdefault(name, [block.head()]).extend(block.written)
    except Exception as error:
        faults.append(Fault(name, error))
        return
    if errors:
        faults.append(Fault(name, errors[0], len(errors)))
