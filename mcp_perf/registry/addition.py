"""Addition: several readings of one family become one, by what its records are."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum, inf, isnan, nan
from operator import itemgetter

from ..pace import Pace, collected
from ..storage.grid import Grid
from ..storage.records import FIRST, exact, timed_length
from ..storage.records import together as runs_together
from .description import FamilyDescription, Merge
from .distribution import Distributions
from .exemplar import Exemplars, merged
from .labels import PID
from .rows import Rows, in_order
from .snapshot import FamilyReading


@dataclass(frozen=True)
class Member:
    """What the process `pid` has of a family; 0 for the dead."""

    pid: int
    reading: FamilyReading


def together(
    description: FamilyDescription, members: Sequence[Member], rows: Rows, pace: Pace
) -> FamilyReading:
    """One reading, as `description` has it, of what all `members` have; `rows` are theirs."""
    if description.kind == "gauge" and description.merge == "all":
        return _one_by_one(description, members)
    if len(members) == 1:
        reading = members[0].reading
        return reading if reading.residues is None else reading._replace(residues=None)
    readings = [member.reading for member in members]
    found = _together(description, readings, rows, pace)
    exemplars = merged(description, [_exemplars(description, one) for one in readings if one.exemplars], pace)
    return found if exemplars is None else found._replace(exemplars=exemplars)


def _exemplars(description: FamilyDescription, reading: FamilyReading) -> Exemplars:
    """Those of a reading that has some, with the label values in the order of the description."""
    exemplars = reading.exemplars or {}
    names = reading.description.labelnames
    if names == description.labelnames:
        return exemplars
    places = [names.index(name) for name in description.labelnames]
    return {tuple([labels[place] for place in places]): some for labels, some in exemplars.items()}


def _together(
    description: FamilyDescription, readings: Sequence[FamilyReading], rows: Rows, pace: Pace
) -> FamilyReading:
    rows.follow(description.labelnames, readings)
    if description.grid is not None:
        return FamilyReading(description, rows.labels, _distributions(description.grid, readings, rows, pace))
    if description.kind == "gauge":
        return _gauges(description, readings, rows, pace)
    columns = []
    for place, reading in enumerate(readings):
        columns.append(rows.column(place, reading.values, 0.0))
        if reading.residues is not None:
            columns.append(rows.column(place, reading.residues, 0.0))
    return FamilyReading(description, rows.labels, _sums(columns, pace))


def _sums(columns: Sequence[Sequence[float]], pace: Pace) -> list[float]:
    """The sums by row, rounded once: so a sum never falls while what is summed only rises."""
    try:
        return collected(map(fsum, zip(*columns, strict=True)), pace)
    except (OverflowError, ValueError):
        return collected((exact(row)[0] for row in zip(*columns, strict=True)), pace)


def _gauges(
    description: FamilyDescription, readings: Sequence[FamilyReading], rows: Rows, pace: Pace
) -> FamilyReading:
    values = [rows.column(place, reading.values, None) for place, reading in enumerate(readings)]
    stamps = [rows.column(place, reading.stamps or (), 0.0) for place, reading in enumerate(readings)]
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
    # As Prometheus's aggregations have it, what is no number is neither the least nor the greatest.
    values = [value for _, value in competing if not isnan(value)]
    return (min if merge == "min" else max)(values, default=nan)


def _one_by_one(description: FamilyDescription, members: Sequence[Member]) -> FamilyReading:
    """Each worker's gauges by themselves, told apart by a label."""
    found: dict[tuple[str, ...], tuple[float, float]] = {}
    for member in members:
        reading = member.reading
        rows = zip(in_order(description.labelnames, reading), reading.raw, reading.stamps or (), strict=True)
        for labels, value, stamp in rows:
            key = (*labels, str(member.pid))
            # Several monitors of one process, or processes of several containers, may have one number.
            before, last = found.get(key, (0.0, 0.0))
            found[key] = before + value, max(last, stamp)
    return FamilyReading(
        replace(description, labelnames=(*description.labelnames, PID)),
        tuple(found),
        [value for value, _ in found.values()],
        stamps=[stamp for _, stamp in found.values()],
    )


def _distributions(grid: Grid, readings: Sequence[FamilyReading], rows: Rows, pace: Pace) -> Distributions:
    columns = []
    for place, reading in enumerate(readings):
        own, runs = reading.description.grid, list(reading.raw)
        if own is not None and own is not grid:
            runs = _over(grid, own, runs)
        columns.append(rows.column(place, runs, None))
    zero = bytes(8 * timed_length(grid))

    def merged(row: Sequence[bytes | None]) -> bytes:
        return runs_together([run for run in row if run is not None] or [zero])

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
