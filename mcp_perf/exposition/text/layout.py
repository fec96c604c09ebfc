"""Layouts: how the lines of a series are written, as prometheus_client has written those of a sample one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client.metrics_core import Metric as ExposedMetric
from prometheus_client.samples import Sample

from ...registry.description import FamilyDescription, Metric
from ...registry.distribution import Distribution, Value
from ..collector import add_samples, headed

# A label whose value is the number of its place, and several of them in a row. NUL is in no name.
_PLACE = re.compile("\0(\\d+)\0")
_LABEL = '[^{},="]+="\0\\d+\0"'
_RUN = re.compile(f"{_LABEL}(?:,{_LABEL})*")


class Encoder(Protocol):
    """A text format, as far as lines are laid out by it; whether it `has_exemplars`."""

    @property
    def has_exemplars(self) -> bool:
        """Whether they stand behind the numbers."""

    @property
    def key(self) -> tuple[str, str]:
        """What formats have in common that write our metrics alike."""

    def encoded(self, metric: ExposedMetric) -> bytes:
        """One metric by itself, without the end of a page."""


@dataclass(frozen=True)
class LabelGroup:
    """Neighbouring labels: `form` takes the escaped values of the label names at `places`."""

    form: str
    places: tuple[int, ...]

    def text(self, escaped: Sequence[str]) -> str:
        """The labels of a series, given all its values."""
        return self.form % tuple([escaped[place] for place in self.places])


@dataclass(frozen=True)
class Pattern:
    """What a metric writes of one series, each line with the end of the line before it in front.

    `form` takes texts of labels and numbers. `order` says which: groups of the layout by their number, then
    the numbers of the series (see `PlainLines` and `HistogramLines`), counted on from there.
    """

    form: bytes
    order: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """What a family writes of one series: a pattern for each metric, filled from these groups of labels."""

    groups: tuple[LabelGroup, ...]
    patterns: tuple[Pattern, ...]


def head(form: Encoder, metric: Metric) -> bytes:
    """What stands before the samples, without the end of its last line."""
    return form.encoded(headed(metric)).removesuffix(b"\n")


def laid_out(
    form: Encoder, description: FamilyDescription, metrics: Sequence[Metric], names: frozenset[str]
) -> Layout:
    """How `metrics` of a family are written, samples of `names` only, if any."""
    found = [list(_sampled(form, description, metric, names)) for metric in metrics]
    runs = dict.fromkeys(run for lines in found for line, _ in lines for run in _RUN.findall(line))
    numbers = {run: number for number, run in enumerate(runs)}
    return Layout(
        tuple(_group(run) for run in runs),
        tuple(
            Pattern(
                "".join(f"\n{_RUN.sub('%b', line.replace('%', '%%'))}%b" for line, _ in lines).encode(),
                tuple(place for line, value in lines for place in _order(line, value, numbers)),
            )
            for lines in found
        ),
    )


def _order(line: str, value: int, numbers: dict[str, int]) -> Iterator[int]:
    for run in _RUN.findall(line):
        yield numbers[run]
    yield len(numbers) + value


def _group(run: str) -> LabelGroup:
    parts = _PLACE.split(run.replace("%", "%%"))
    return LabelGroup("%s".join(parts[::2]), tuple(map(int, parts[1::2])))


def _sampled(
    form: Encoder, description: FamilyDescription, metric: Metric, names: frozenset[str]
) -> Iterator[tuple[str, int]]:
    """The lines of a series whose label values say their place, up to the number, and which number it is."""
    exposed = headed(metric)
    before = len(form.encoded(exposed).decode())
    labels = {name: f"\0{place}\0" for place, name in enumerate(description.labelnames)}
    add_samples(exposed, metric, labels, _nothing(description))
    values = _values(description, metric, len(exposed.samples))
    exposed.samples, values = _restricted(exposed, values, names)
    written = form.encoded(exposed).decode()[before:].split("\n")[:-1]
    for line, value in zip(written, values, strict=True):
        yield line[: line.rindex(" ") + 1], value


def _nothing(description: FamilyDescription) -> Value:
    if description.grid is None:
        return 0.0
    return Distribution(description.grid, bytes(8 * description.length))


def _values(description: FamilyDescription, metric: Metric, samples: int) -> list[int]:
    """Which number of its series each sample shows."""
    if description.grid is None:
        return [0]
    last = len(description.grid.classic)
    if metric.shows == "events":
        return [last + 2]
    # The count is that of the last bucket, without its exemplar.
    return [*range(last + 1), last + 3, last + 1][:samples]


def _restricted(
    exposed: ExposedMetric, values: list[int], names: frozenset[str]
) -> tuple[list[Sample], list[int]]:
    kept = [
        (sample, value)
        for sample, value in zip(exposed.samples, values, strict=True)
        if not names or sample.name in names
    ]
    return [sample for sample, _ in kept], [value for _, value in kept]
