"""The runs of a worker as the columns of readings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...pace import Pace, collected
from ...registry.description import FamilyDescription
from ...registry.distribution import Distributions
from ...registry.snapshot import FamilyReading
from ...storage.column import Column, column
from ...storage.records import STAMP, live, settled
from .archive import Labels
from .index import Run
from .slot_file import SLOT


@dataclass(frozen=True)
class Columns:
    """Where the series of one family lie in a worker's slots: by series its labels and its first slot."""

    description: FamilyDescription
    labels: tuple[Labels, ...]
    firsts: tuple[int, ...]
    values: Column

    def read(self, data: bytes, *, is_alive: bool, pace: Pace) -> FamilyReading:
        """The family as these slots, which are the same twice, have it."""
        grid, size = self.description.grid, self.description.length * SLOT
        if grid is not None:
            state = live if is_alive else settled
            runs = (data[first * SLOT : first * SLOT + size] for first in self.firsts)
            return FamilyReading(
                self.description, self.labels, Distributions(grid, collected(map(state, runs), pace))
            )
        slots = memoryview(data)[: len(data) // SLOT * SLOT].cast("d")
        stamps = None
        if self.description.kind == "gauge":
            stamps = [slots[first + STAMP] for first in self.firsts]
        return FamilyReading(self.description, self.labels, self.values(slots), stamps=stamps)


def columns(runs: Iterable[Run]) -> list[Columns]:
    """The columns of runs, which are all within the slots that will be read."""
    families: dict[FamilyDescription, dict[Labels, int]] = {}
    for run in runs:
        families.setdefault(run.description, {})[run.labels] = run.first
    return [
        Columns(description, tuple(series), tuple(series.values()), column(tuple(series.values())))
        for description, series in families.items()
    ]
