"""A selection: series of one family in all workers, whatever order each names the labels in."""

from __future__ import annotations

from collections.abc import Iterable

from ...registry.description import FamilyDescription
from .archive import Labels


class Selection:
    """The series of these label values of the family `description`, or all of it for None."""

    def __init__(self, description: FamilyDescription, labels: Iterable[Labels] | None) -> None:
        self._identity = description.identity
        self._keys = None if labels is None else {description.series_key(one) for one in labels}

    def is_of(self, description: FamilyDescription) -> bool:
        """Whether it is of that family."""
        return description.identity == self._identity

    def has(self, description: FamilyDescription, labels: Labels) -> bool:
        """Whether it has that series."""
        return self.is_of(description) and (
            self._keys is None or description.series_key(labels) in self._keys
        )
