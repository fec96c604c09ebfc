"""Merging: the readings of several workers, and of the dead, become one."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from math import fsum, inf
from operator import itemgetter, ne
from typing import Any

from ..pace import Pace, collected, unpaced
from ..storage.grid import Grid, grid_of
from ..storage.records import FIRST, exact, timed_length, together
from .description import FamilyDescription, Merge
from .snapshot import Distributions, FamilyReading

Labels = tuple[str, ...]
PID = "pid"


@dataclass(frozen=True)
class Source:
    """What one process has measured, or the dead have.

    Where sources describe a family differently, that of the one `since` last holds. `pid` is 0 for the dead.
    """

    families: Sequence[FamilyReading]
    since: float = 0.0
    pid: int = 0


class Merger:
    """Merges readings; it remembers how the rows of each family lie, since they seldom change."""

    def __init__(self) -> None:
        self._rows: dict[object, _Rows] = {}

    def merged(self, sources: Sequence[Source], pace: Pace = unpaced) -> tuple[FamilyReading, ...]:
        """One reading of each family, whose description is that of the youngest source.

        A family whose metrics have other types in a younger source is left out.
        """
        groups: dict[object, list[tuple[Source, FamilyReading]]] = {}
        for source in sources:
            for reading in source.families:
                groups.setdefault(reading.description.exposed, []).append((source, reading))
        types = _types(groups.values())
        found = []
        rows: dict[object, _Rows] = {}
        for same, group in groups.items():
            youngest = max(group, key=lambda one: one[0].since)[1].description
            if all(types[metric.name] == metric.type for metric in youngest.metrics):
                rows[same] = self._rows.get(same) or _Rows()
                group = [(source, _in_order(reading, youngest.labelnames)) for source, reading in group]
                found.append(_merged(youngest, group, rows[same], pace))
        self._rows = rows
        return tuple(found)


def _in_order(reading: FamilyReading, labelnames: Labels) -> FamilyReading:
    """The reading with its label values in the order of these names."""
    names = reading.description.labelnames
    if names == labelnames:
        return reading
    pick = itemgetter(*map(names.index, labelnames))
    return replace(reading, labels=tuple(map(pick, reading.labels)))


def _types(groups: Any) -> dict[str, str]:
    """The type of each metric, as the youngest source has it."""
    types: dict[str, tuple[float, str]] = {}
    for group in groups:
        for source, reading in group:
            for metric in reading.description.metrics:
                if metric.name not in types or source.since > types[metric.name][0]:
                    types[metric.name] = source.since, metric.type
    return {name: kind for name, (_, kind) in types.items()}


class _Rows:
    """Where the series of a family are in each of its readings."""

    def __init__(self) -> None:
        self.labels: tuple[Labels, ...] = ()
        self._columns: tuple[tuple[Labels, ...], ...] = ()
        self._kept: tuple[Grid | None, list[Any], list[bytes]] = None, [], []
        self._pickers: list[Callable[[Sequence[Any]], Sequence[Any]] | None] = []

    def follow(self, readings: Sequence[FamilyReading]) -> None:
        """Take note of the readings whose columns will be asked for."""
        now = tuple(reading.labels for reading in readings)
        if len(now) == len(self._columns) and all(a is b for a, b in zip(now, self._columns, strict=True)):
            return
        self._columns = now
        union = tuple(dict.fromkeys(labels for column in now for labels in column))
        self.labels = next((column for column in now if column == union), union)
        self._pickers = [_picker(column, self.labels) for column in now]

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


def _picker(column: tuple[Labels, ...], rows: tuple[Labels, ...]) -> Callable[[Sequence[Any]], Any] | None:
    if column == rows:
        return None
    places = {labels: place for place, labels in enumerate(column)}
    where = [places.get(labels, -1) for labels in rows]
    pick: Any = itemgetter(*where)
    return pick if len(where) > 1 else lambda values: (pick(values),)


_Group = list[tuple[Source, FamilyReading]]


def _merged(description: FamilyDescription, group: _Group, rows: _Rows, pace: Pace) -> FamilyReading:
    if description.kind == "gauge" and description.merge == "all":
        return _one_by_one(description, group)
    if len(group) == 1:
        reading = group[0][1]
        return reading if reading.residues is None else replace(reading, residues=None)
    rows.follow([reading for _, reading in group])
    if description.kind == "timed":
        return FamilyReading(description, rows.labels, _distributions(description, group, rows, pace))
    if description.kind == "gauge":
        return _gauges(description, group, rows, pace)
    columns = []
    for place, (_, reading) in enumerate(group):
        columns.append(rows.column(place, reading.values, 0.0))
        if reading.residues is not None and any(reading.residues):
            columns.append(rows.column(place, reading.residues, 0.0))
    return FamilyReading(description, rows.labels, _sums(columns, pace))


def _sums(columns: Sequence[Sequence[float]], pace: Pace) -> list[float]:
    """The sums by row, rounded once: so a sum never falls while what is summed only rises."""
    try:
        return collected(map(fsum, zip(*columns, strict=True)), pace)
    except (OverflowError, ValueError):
        return collected((exact(row)[0] for row in zip(*columns, strict=True)), pace)


def _gauges(description: FamilyDescription, group: _Group, rows: _Rows, pace: Pace) -> FamilyReading:
    values = [rows.column(place, reading.values, None) for place, (_, reading) in enumerate(group)]
    stamps = [rows.column(place, reading.stamps or (), 0.0) for place, (_, reading) in enumerate(group)]
    rows_of = zip(zip(*values, strict=True), zip(*stamps, strict=True), strict=True)
    # What is in one of them is in use, also where the merged value is zero.
    latest = collected((inf if any(row) else max(written_at) for row, written_at in rows_of), pace)
    if description.merge == "sum":
        merged = _sums([[value or 0.0 for value in column] for column in values], pace)
    else:
        pairs = zip(zip(*stamps, strict=True), zip(*values, strict=True), strict=True)
        written = ([pair for pair in zip(*row, strict=True) if pair[1] is not None] for row in pairs)
        merged = collected((_chosen(description.merge, row) for row in written), pace)
    return FamilyReading(description, rows.labels, merged, stamps=latest)


def _chosen(merge: Merge, written: list[tuple[float, float]]) -> float:
    """One of several values, given with their stamps; those that were never written do not compete."""
    competing = [pair for pair in written if pair[0]] or written
    if merge == "mostrecent":
        return max(competing, key=itemgetter(0))[1]
    return (min if merge == "min" else max)(value for _, value in competing)


def _one_by_one(description: FamilyDescription, group: _Group) -> FamilyReading:
    """Each worker's gauges by themselves, told apart by a label."""
    return FamilyReading(
        replace(description, labelnames=(*description.labelnames, PID)),
        tuple((*labels, str(source.pid)) for source, reading in group for labels in reading.labels),
        [value for _, reading in group for value in reading.values],
        stamps=[stamp for _, reading in group for stamp in reading.stamps or ()],
    )


def _distributions(description: FamilyDescription, group: _Group, rows: _Rows, pace: Pace) -> Distributions:
    grid = grid_of(description.buckets or ())
    columns = []
    for place, (_, reading) in enumerate(group):
        own = grid_of(reading.description.buckets or ())
        runs = reading.raw
        columns.append(rows.column(place, runs if own is grid else _over(grid, own, runs), None))
    zero = bytes(8 * timed_length(grid))

    def merged(row: Sequence[bytes | None]) -> bytes:
        return together([run for run in row if run is not None] or [zero])

    return Distributions(grid, rows.kept(grid, collected(zip(*columns, strict=True), pace), merged, pace))


def _over(grid: Grid, own: Grid, runs: Sequence[bytes]) -> list[bytes]:
    """Runs over `own` as runs over `grid`: each slot's count goes where its upper bound is."""
    moves = [bisect_left(grid.bounds, bound) for bound in own.bounds] + [grid.size - 1]
    found = []
    for run in runs:
        before = memoryview(run).cast("d")
        after = array("d", bytes(8 * timed_length(grid)))
        after[:FIRST] = array("d", before[:FIRST])
        for slot, count in enumerate(before[FIRST:]):
            if count:
                after[FIRST + moves[slot]] += count
        found.append(after.tobytes())
    return found
