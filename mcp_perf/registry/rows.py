"""Rows: where the series of a family are in each of several readings of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from operator import is_, itemgetter, ne
from typing import Any

from ..pace import Pace, collected
from ..storage.grid import Grid
from .snapshot import FamilyReading

Labels = tuple[str, ...]


class Rows:
    """Where the series of a family are in each of its readings: remembered, since it seldom changes."""

    def __init__(self) -> None:
        self.labels: tuple[Labels, ...] = ()
        self._names: Labels = ()
        self._columns: list[tuple[Labels, ...]] = []
        self._kept: tuple[Grid | None, list[Any], list[bytes]] = None, [], []
        self._pickers: list[Callable[[Sequence[Any]], Sequence[Any]] | None] = []

    def follow(self, labelnames: Labels, readings: Sequence[FamilyReading]) -> None:
        """Take note of the readings whose columns will be asked for; `labels` are in the names' order."""
        now = [reading.labels for reading in readings]
        is_known = labelnames == self._names and len(now) == len(self._columns)
        if is_known and all(map(is_, now, self._columns)):
            return
        self._columns = []  # until all is there: whoever is interrupted here begins anew
        columns = [in_order(labelnames, reading) for reading in readings]
        union = tuple(dict.fromkeys(labels for column in columns for labels in column))
        self.labels = next((column for column in columns if column == union), union)
        self._pickers = [_picker(column, self.labels) for column in columns]
        self._names, self._columns = labelnames, now

    def kept(self, grid: Grid, rows: list[Any], merged: Callable[[Any], bytes], pace: Pace) -> list[bytes]:
        """What `merged` gives for each row over `grid`: again what it gave where a row is as it was."""
        known, before, values = self._kept
        if known is grid and len(before) == len(rows):
            values = list(values)
            for place in compress(range(len(rows)), map(ne, before, rows)):
                values[place] = merged(rows[place])
                pace()
        else:
            values = collected(map(merged, rows), pace)
        self._kept = grid, rows, values
        return values

    def column(self, place: int, values: Sequence[Any], missing: Any) -> Sequence[Any]:
        """The values of the reading at `place`, one for each row; `missing` where it has none."""
        pick = self._pickers[place]
        return values if pick is None else pick([*values, missing])


def in_order(labelnames: Labels, reading: FamilyReading) -> tuple[Labels, ...]:
    """The label values of a reading in the order of these names, which are its own."""
    names = reading.description.labelnames
    if names == labelnames:
        return reading.labels
    return tuple(map(itemgetter(*map(names.index, labelnames)), reading.labels))


def _picker(column: tuple[Labels, ...], rows: tuple[Labels, ...]) -> Callable[[Sequence[Any]], Any] | None:
    if column == rows:
        return None
    places = {labels: place for place, labels in enumerate(column)}
    where = [places.get(labels, -1) for labels in rows]
    pick: Any = itemgetter(*where)
    return pick if len(where) > 1 else lambda values: (pick(values),)
