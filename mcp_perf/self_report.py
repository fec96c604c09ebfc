"""What the toolkit says of itself, computed from a reading rather than kept beside it."""

from __future__ import annotations

from .registry.description import FamilyDescription
from .registry.snapshot import FamilyReading


class SelfReport:
    """Counts the series that there are, by key, as the family `series`, and the workers, as `workers`."""

    def __init__(self, series: FamilyDescription, workers: FamilyDescription) -> None:
        self._series = series
        self._workers = workers
        self._counted: object = None
        self._last: tuple[FamilyReading, FamilyReading]

    def of(self, families: tuple[FamilyReading, ...], workers: int) -> tuple[FamilyReading, FamilyReading]:
        """The report on these; the same readings again where nothing has changed."""
        counted = workers, [(family.description, len(family.labels)) for family in families]
        if counted != self._counted:
            self._last = self._series_of(families), FamilyReading(self._workers, ((),), [float(workers)])
            self._counted = counted
        return self._last

    def _series_of(self, families: tuple[FamilyReading, ...]) -> FamilyReading:
        held: dict[str, float] = {}
        for family in families:
            key = family.description.key
            held[key] = held.get(key, 0.0) + len(family.labels)
        return FamilyReading(self._series, tuple((key,) for key in held), tuple(held.values()))
