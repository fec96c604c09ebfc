"""The renderer: our own families as bytes, with all that is kept for the next time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from ...pace import Pace, unpaced
from ...registry.description import FamilyDescription, Metric
from ...registry.snapshot import FamilyReading
from ..format import Fault
from .family_lines import FamilyLines
from .histograms import HistogramLines
from .layout import Encoder, Layout, head, laid_out
from .plain import PlainLines
from .tails import NO_TAILS, TailWriter

_FEW = 1000  # series of which it takes little memory to keep what was written


@dataclass(frozen=True)
class Outline:
    """How a family is written in one format: its metrics, what stands before them, and its lines."""

    metrics: list[Metric] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, form: Encoder, metric: Metric) -> None:
        """Add a metric and its head."""
        self.metrics.append(metric)
        self.heads.append(head(form, metric))


# Of each metric of a family its name and its parts, the head first; and what they lack.
Written = tuple[list[tuple[str, list[bytes]]], list[Fault]]


class FamilyText:
    """The text of one family in all formats that have been asked for."""

    def __init__(self, description: FamilyDescription, names: frozenset[str]) -> None:
        self.description = description
        self._names = names
        self._outlines: dict[tuple[str, str], tuple[Outline, FamilyLines]] = {}
        # Formats that differ in their heads only share lines.
        self._lines: dict[Layout, FamilyLines] = {}
        self._tails = TailWriter()
        # What was written last for a reading that may come again: of few series, and without a fault.
        self._last: tuple[FamilyReading, Encoder, Written] | None = None

    def render(self, reading: FamilyReading, form: Encoder, pace: Pace) -> Written:
        """The metrics of a reading."""
        last = self._last
        if last is not None and last[0] is reading and last[1] is form:
            return last[2]
        try:
            outline, lines = self._outline_in(form)
            errors = lines.render(reading, pace)
            tails = self._tails.tails(reading, form, pace) if form.has_exemplars else NO_TAILS
            written = lines.written(pace, tails)
        except Exception as error:
            return [], [Fault(self.description.key, error)]
        parts = [[head, *some] for head, some in zip(outline.heads, written, strict=True)]
        found = list(zip([metric.name for metric in outline.metrics], parts, strict=True))
        if errors:
            return found, [*outline.faults, Fault(self.description.key, errors[0], len(errors))]
        self._last = (reading, form, (found, outline.faults)) if len(reading.labels) <= _FEW else None
        return found, outline.faults

    def _outline_in(self, form: Encoder) -> tuple[Outline, FamilyLines]:
        found = self._outlines.get(form.key)
        if found is None:
            outline = self._outline(form)
            layout = laid_out(form, self.description, outline.metrics, self._names)
            kind = HistogramLines if self.description.kind == "timed" else PlainLines
            found = self._outlines[form.key] = outline, self._lines.setdefault(layout, kind(layout))
        return found

    def _outline(self, form: Encoder) -> Outline:
        outline = Outline()
        for metric in self.description.metrics:
            if self._names and self._names.isdisjoint(metric.sample_names()):
                continue
            try:
                laid_out(form, self.description, [metric], self._names)
                outline.add(form, metric)
            except Exception as error:
                outline.faults.append(Fault(metric.name, error))
        return outline


class Renderer:
    """Renders families, one reading after another; not for two threads at once.

    With `names` only samples of these names are written, and only metrics that have some.
    """

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        self._names = names
        self._described: list[FamilyDescription] = []
        self._texts: list[FamilyText] = []

    def render(
        self, families: Iterable[FamilyReading], form: Encoder, pace: Pace = unpaced
    ) -> tuple[list[bytes], Sequence[Fault]]:
        """The metrics of `families` in `form`, in parts, those of one name together, and what they lack."""
        families = tuple(families)
        self._follow(families)
        metrics: dict[str, list[bytes]] = {}
        faults: list[Fault] = []
        for text, family in zip(self._texts, families, strict=True):
            written, lacking = text.render(family, form, pace)
            faults += lacking
            for name, parts in written:
                if name in metrics:  # with other label names
                    metrics[name] += parts[1:]
                else:
                    metrics[name] = list(parts)
        whole = [[*parts, b"\n"] for parts in metrics.values() if not self._names or any(parts[1:])]
        return list(chain.from_iterable(whole)), faults

    def _follow(self, families: Sequence[FamilyReading]) -> None:
        """Have a text for each of these families, with what was there of it."""
        described = [family.description for family in families]
        if described != self._described:
            known = {text.description: text for text in self._texts}
            self._texts = [known.get(one) or FamilyText(one, self._names) for one in described]
            self._described = described
