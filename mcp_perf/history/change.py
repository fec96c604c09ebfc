"""Changes: what has come to the series of all families between two moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..pace import Pace, unpaced
from ..registry.description import FamilyDescription
from .amounts import Amount, is_like, plus, without_counts

Labels: TypeAlias = tuple[str, ...]
# What tells a family from others whose series' labels could be taken for its own.
FamilyKey: TypeAlias = tuple[Any, ...]


def key_of(description: FamilyDescription) -> FamilyKey:
    """The key of a family, whatever its buckets are."""
    return description.identity, description.labelnames


@dataclass
class FamilyChange:
    """What has come to the series of one family, by their label values; nothing to those that are not there.

    `left` are series that had left before, or were reset: what has come to them is all that they read.
    """

    description: FamilyDescription
    amounts: dict[Labels, Amount] = field(default_factory=dict)
    left: frozenset[Labels] = frozenset()


class Change:
    """What has come to all series."""

    def __init__(self) -> None:
        self._families: dict[FamilyKey, FamilyChange] = {}

    def __iter__(self) -> Iterator[FamilyChange]:
        return iter(self._families.values())

    def put(self, one: FamilyChange) -> None:
        """Have this come, too, after all that is here; who had left counts on."""
        known = self._families.get(key_of(one.description))
        if known is None:
            self._families[key_of(one.description)] = FamilyChange(
                one.description, dict(one.amounts), one.left
            )
            return
        if not is_like(known.description, one.description):
            known.amounts = {labels: without_counts(amount) for labels, amount in known.amounts.items()}
        known.description = one.description
        kind, amounts = one.description.kind, known.amounts
        for labels, amount in one.amounts.items():
            before = amounts.get(labels)
            amounts[labels] = amount if before is None else plus(kind, before, amount)

    def add(self, other: Change, pace: Pace = unpaced) -> None:
        """Have all of `other` come, too, after all that is here."""
        for family in other:
            self.put(family)
            pace()

    def follow(self, other: Change, pace: Pace = unpaced) -> None:
        """Take this for what the series read, and make it what they read after `other` has come."""
        for family in other:
            known = self._families.get(key_of(family.description))
            if known is not None:
                for labels in family.left:
                    known.amounts.pop(labels, None)
        self.add(other, pace)
