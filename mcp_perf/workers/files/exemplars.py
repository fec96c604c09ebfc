"""The exemplars of another worker, as its cells have them."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from ...pace import Pace
from ...registry.description import FamilyDescription
from ...registry.exemplar import Exemplar, Exemplars, bounds_of, newest
from .archive import Labels
from .cells import is_empty, read
from .index import Cell, IndexReader, Run
from .slot_file import SLOT

_CELLS = 64  # that are looked at between two turns of other threads


class ExemplarReader:
    """Reads the cells that an `index` tells of; what has not changed since is not read again."""

    def __init__(self, index: IndexReader) -> None:
        self._index = index
        self._seen: dict[Cell, tuple[bytes, Exemplar | None]] = {}
        self._looked_at: object = None
        self.version = 0  # changes whenever one of them does

    def newest(self, number: int) -> float:
        """When the newest has happened of a run, as it was looked at last."""
        seen = (self._seen.get(cell) for cell in self._index.cells.get(number, {}).values())
        return max([one[1].timestamp for one in seen if one is not None and one[1] is not None], default=-inf)

    def look(self, slots: bytes, pace: Pace) -> None:
        """Take note of what is in these slots."""
        if self._looked_at is slots:
            return
        seen = {}
        for cells in list(self._index.cells.values()):
            for cell in cells.values():
                seen[cell] = self._read(cell, slots)
                if len(seen) % _CELLS == 0:
                    pace()
        if seen != self._seen:
            self.version += 1
        self._seen, self._looked_at = seen, slots

    def families(
        self, runs: Mapping[int, Run], hidden: Mapping[int, float]
    ) -> dict[FamilyDescription, Exemplars]:
        """Those of these runs by family; of the `hidden` ones only what is newer."""
        found: dict[FamilyDescription, dict[Labels, tuple[Exemplar, ...]]] = {}
        for number, cells in self._index.cells.items():
            run = runs.get(number)
            if run is None:
                continue
            after = hidden.get(number, -inf)
            seen = (self._seen.get(cells[bucket]) for bucket in sorted(cells))
            exemplars = tuple([one[1] for one in seen if one and one[1] and one[1].timestamp > after])
            if exemplars:
                family = found.setdefault(run.description, {})
                before = family.get(run.labels)
                if before is not None:  # of a run that the series has had before
                    exemplars = newest(bounds_of(run.description), (*before, *exemplars))
                family[run.labels] = exemplars
        return dict(found)

    def _read(self, cell: Cell, slots: bytes) -> tuple[bytes, Exemplar | None]:
        data = slots[cell.first * SLOT : (cell.first + cell.length) * SLOT]
        before = self._seen.get(cell)
        if before is not None and before[0] == data:
            return before
        found = read(data, cell.run, cell.bucket)
        if found is None and before is not None and not is_empty(data):
            return b"", before[1]  # it is being written now, or its writer died at it
        return data, found
