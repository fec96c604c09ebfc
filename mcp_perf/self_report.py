"""What the toolkit says of itself, computed from a reading rather than kept beside it."""

from __future__ import annotations

from . import catalogue
from .catalogue import FamilySpec
from .registry.snapshot import FamilyReading, SeriesReading


def self_report(families: tuple[FamilyReading, ...], namespace: str) -> tuple[FamilyReading, ...]:
    """The families that count series held and label sets folded into overflow, one series a family."""
    held: dict[str, float] = {}
    overflowed: dict[str, float] = {}
    for family in families:
        held[family.key] = held.get(family.key, 0.0) + len(family.series)
        overflowed[family.key] = overflowed.get(family.key, 0.0) + family.overflowed
    return (
        _reading(catalogue.MONITOR_SERIES, namespace, held),
        _reading(catalogue.MONITOR_OVERFLOWED, namespace, {key: n for key, n in overflowed.items() if n}),
    )


def _reading(spec: FamilySpec, namespace: str, values: dict[str, float]) -> FamilyReading:
    series = tuple(SeriesReading((key,), value) for key, value in values.items())
    return FamilyReading(spec.section, spec.key, spec.labelnames, spec.named(namespace), series, 0.0)
