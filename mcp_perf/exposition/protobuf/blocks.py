"""Blocks: the ready messages of a metric's series, of which only changed ones are written again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...pace import Pace, parts, unpaced
from ...registry.description import FamilyDescription, Metric
from ...registry.snapshot import FamilyReading
from . import messages
from .moulds import has_exemplars, mould
from .naming import names_in

_SIZE = 128  # series between two calls of a pace
_TYPES = {"counter": messages.COUNTER, "gauge": messages.GAUGE, "histogram": messages.HISTOGRAM}


class Block:
    """What a metric shows of each series of its family, as parts of a message that follow on its `head`."""

    def __init__(self, description: FamilyDescription, metric: Metric, escaping: str) -> None:
        self.description = description
        self.metric = metric
        self.written: list[bytes] = []
        self._names = names_in(escaping)
        self._mould = mould(metric, [self._names.label(name) for name in description.labelnames])
        # By labels what each was written for, and what was written: no object for both, which the collector
        # of garbage would have to go through.
        self._marks: dict[tuple[str, ...], Any] = {}
        self._kept: dict[tuple[str, ...], bytes] = {}

    def head(self) -> bytes:
        """The message without series."""
        family = messages.MetricFamily(
            name=self._names.metric(self.metric.name),
            help=self.metric.documentation,
            type=_TYPES[self.metric.type],
        )
        written: bytes = family.SerializeToString()
        return written

    def render(self, reading: FamilyReading, pace: Pace = unpaced) -> list[Exception]:
        """Bring `written` up to a reading; gives why series have none, for each of these."""
        if len(reading.labels) != len(reading.values):
            raise ValueError(f"{len(reading.labels)} series with {len(reading.values)} values")
        known, marks = self._marks, dict[tuple[str, ...], Any]()
        kept: dict[tuple[str, ...], bytes] = {}
        errors: list[Exception] = []
        exemplars = (reading.exemplars if has_exemplars(self.metric) else None) or {}
        rows = zip(reading.labels, _marks(reading, pace), range(len(reading.labels)), strict=True)
        for part in parts(rows, _SIZE):
            pace()
            for labels, number, place in part:
                own = exemplars.get(labels, ())
                mark = (number, own) if own else number
                if labels in known and known[labels] == mark:
                    written = self._kept[labels]
                else:
                    pace()
                    try:
                        written = self._mould.cast(labels, reading.values[place], own)
                    except Exception as error:
                        errors.append(error)
                        continue
                marks[labels], kept[labels] = mark, written
        self._marks, self._kept = marks, kept
        self.written = list(kept.values())
        return errors


def _marks(reading: FamilyReading, pace: Pace) -> Sequence[Any]:
    """For each series what is not equal to itself before where its value has changed."""
    marks = reading.marks(pace)
    # A gauge's negative zero is equal to zero, and reads differently.
    return [value or repr(value) for value in marks] if reading.description.kind == "gauge" else marks
