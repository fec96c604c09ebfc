"""The renderer: our own families as bytes, with all that is kept for the next time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from ..pace import Pace, unpaced
from ..registry.description import FamilyDescription, Metric
from ..registry.snapshot import FamilyReading
from .columns import Column, column
from .formats import Format
from .layout import Layout, head, laid_out


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


class FamilyText:
    """The text of one family in all formats that have been asked for."""

    def __init__(self, description: FamilyDescription, names: frozenset[str]) -> None:
        self.description = description
        self._names = names
        self._pages: dict[tuple[str, str], tuple[Page, Column]] = {}
        # Formats that differ in their heads only share lines.
        self._columns: dict[Layout, Column] = {}

    def page(self, form: Format) -> tuple[Page, Column]:
        """How it is written in `form`."""
        found = self._pages.get(form.key)
        if found is None:
            page = self._page(form)
            layout = laid_out(form, self.description, page.metrics, self._names)
            lines = self._columns.setdefault(
                layout, column(layout, is_timed=self.description.buckets is not None)
            )
            found = self._pages[form.key] = page, lines
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
        self._texts: dict[tuple[str, tuple[str, ...]], FamilyText] = {}

    def render(
        self, families: Iterable[FamilyReading], form: Format, pace: Pace = unpaced
    ) -> tuple[list[bytes], Sequence[Fault]]:
        """The metrics of `families` in `form`, in parts, those of one name together, and what they lack."""
        metrics: dict[str, list[bytes]] = {}
        faults: list[Fault] = []
        texts = {}
        for family in families:
            text = self._text(family.description)
            texts[text.description.key, text.description.labelnames] = text
            try:
                page, lines = text.page(form)
                errors = lines.render(family, pace)
            except Exception as error:
                faults.append(Fault(text.description.key, error))
                continue
            faults += page.faults
            if errors:
                faults.append(Fault(text.description.key, errors[0], len(errors)))
            for metric, before, written in zip(page.metrics, page.heads, lines.written(pace), strict=True):
                metrics.setdefault(metric.name, [before]).extend(written)
        self._texts = texts
        whole = [[*parts, b"\n"] for parts in metrics.values() if not self._names or any(parts[1:])]
        return list(chain.from_iterable(whole)), faults

    def _text(self, description: FamilyDescription) -> FamilyText:
        text = self._texts.get((description.key, description.labelnames))
        if text is None or (text.description is not description and text.description != description):
            return FamilyText(description, self._names)
        return text
