"""Runs: the slots of series as readings have them, and back."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from ..storage.records import STAMP, VALUE
from .description import FamilyDescription
from .distribution import Distribution, Distributions, Value
from .exemplar import Exemplars
from .snapshot import FamilyReading

_BESIDE = STAMP  # what is beside the value of a gauge, or of an archived counter: its residue


def reading_of(description: FamilyDescription, runs: Mapping[tuple[str, ...], bytes]) -> FamilyReading:
    """The reading of series whose runs are these, by label values."""
    labels = tuple(runs)
    if description.grid is not None:
        return FamilyReading(description, labels, Distributions(description.grid, list(runs.values())))
    records = [array("d", run) for run in runs.values()]
    values = [record[VALUE] for record in records]
    beside = [record[_BESIDE] for record in records if len(record) > _BESIDE]
    if description.kind == "gauge":
        return FamilyReading(description, labels, values, stamps=beside)
    return FamilyReading(description, labels, values, residues=beside if any(beside) else None)


def shown(
    readings: Sequence[FamilyReading], exemplars: Mapping[FamilyDescription, Exemplars]
) -> list[FamilyReading]:
    """The readings with their exemplars."""
    if not exemplars:
        return list(readings)
    return [one._replace(exemplars=exemplars.get(one.description)) for one in readings]


def slots_of(value: Value, stamp: float | None = None) -> array[float]:
    """The slots of a series that reads so; of a gauge with its `stamp`, if that is to be there too."""
    if isinstance(value, Distribution):
        return array("d", value.run)
    return array("d", [value] if stamp is None else [value, stamp])
