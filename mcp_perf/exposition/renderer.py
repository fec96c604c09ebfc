"""The renderer: our own families as bytes, with all that is kept for the next time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from ..pace import Pace, unpaced
from ..registry.description import FamilyDescription, Metric
from ..registry.snapshot import FamilyReading
from .column import Column
from .formats import Format
from .histograms import Histograms
from .layout import Layout, head, laid_out
from .numbers import Numbers

_FEW = 1000  # series of which it takes little memory to keep what was written


@dataclass(frozen=True)
class Fault:
    """Why `metric`, or `number` series of it, cannot be written."""

    metric: str
    error: Exception
    number: int = 1


@dataclass(frozen=True)
class Page:
    """How a family is written in one format: its metrics, what stands before them, and its lines."""

    metrics: list[Metric] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, form: Format, metric: Metric) -> None:
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
        self._pages: dict[tuple[str, str], tuple[Page, Column]] = {}
        # Formats that differ in their heads only share lines.
        self._columns: dict[Layout, Column] = {}
        # What was written last for a reading that may come again: of few series, and without a fault.
        self._last: tuple[FamilyReading, Format, Written] | None = None

    def render(self, reading: FamilyReading, form: Format, pace: Pace) -> Written:
        """The metrics of a reading."""
        last = self._last
        if last is not None and last[0] is reading and last[1] is form:
            return last[2]
        try:
            page, lines = self._page_in(form)
            errors = lines.render(reading, pace)
            written = lines.written(pace)
        except Exception as error:
            return [], [Fault(self.description.key, error)]
        parts = [[head, *some] for head, some in zip(page.heads, written, strict=True)]
        found = list(zip([metric.name for metric in page.metrics], parts, strict=True))
        if errors:
            return found, [*page.faults, Fault(self.description.key, errors[0], len(errors))]
        self._last = (reading, form, (found, page.faults)) if len(reading.labels) <= _FEW else None
        return found, page.faults

    def _page_in(self, form: Format) -> tuple[Page, Column]:
        found = self._pages.get(form.key)
        if found is None:
            page = self._page(form)
            layout = laid_out(form, self.description, page.metrics, self._names)
            kind = Histograms if self.description.kind == "timed" else Numbers
            found = self._pages[form.key] = page, self._columns.setdefault(layout, kind(layout))
        return found

    def _page(self, form: Format) -> Page:
        page = Page()
        for metric in self.description.metrics:
            if self._names and self._names.isdisjoint(metric.sample_names()):
                continue
            try:
                laid_out(form, self.description, [metric], self._names)
                page.add(form, metric)
            except Exception as error:
                page.faults.append(Fault(metric.name, error))
        return page


class Renderer:
    """Renders families, one reading after another; not for two threads at once.

    With `names` only samples of these names are written, and only metrics that have some.
    """

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        self._names = names
        self._described: list[FamilyDescription] = []
        self._texts: list[FamilyText] = []

    def render(
        self, families: Iterable[FamilyReading], form: Format, pace: Pace = unpaced
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
