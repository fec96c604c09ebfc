"""What the toolkit says of itself, computed from a reading rather than kept beside it."""

from __future__ import annotations

from .registry.description import FamilyDescription
from .registry.snapshot import FamilyReading


def workers_alive(number: int, description: FamilyDescription) -> FamilyReading:
    """The family `description` that says how many workers there are."""
    return FamilyReading(description, ((),), [float(number)])


def series_held(families: tuple[FamilyReading, ...], description: FamilyDescription) -> FamilyReading:
    """The family `description` that counts the series of all others, by key."""
    held: dict[str, float] = {}
    for family in families:
        key = family.description.key
        held[key] = held.get(key, 0.0) + len(family.labels)
    return FamilyReading(description, tuple((key,) for key in held), tuple(held.values()))
