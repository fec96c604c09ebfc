"""The registry: every family of one monitor, with no metric name given twice."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ..storage.atomic import Lock
from ..storage.grid import Grid
from ..storage.pages import HeapPages, Pages
from .description import FamilyDescription, Section
from .family import Cap, Family
from .labels import check_label_names, check_metric_name
from .snapshot import FamilyReading


def _nobody(description: FamilyDescription) -> None:
    """Told of an overflow that nobody counts."""


class Registry:
    """The families of one monitor; two registries share nothing.

    `max_series` is the cap for each metric but the toolkit's own reports on itself, which are few;
    `overflowed` is told of every look-up of a label set past it.
    """

    def __init__(
        self,
        *,
        max_series: int,
        overflowed: Callable[[FamilyDescription], None] = _nobody,
        pages: Pages | None = None,
    ) -> None:
        self._max_series = max_series
        self._overflowed = overflowed
        self._pages = pages if pages is not None else HeapPages()
        self._grids: dict[tuple[float, ...], Grid] = {}
        self._families: dict[tuple[Section, str, tuple[str, ...]], Family] = {}
        self._caps: dict[tuple[Section, str], Cap] = {}
        self._owners: dict[str, tuple[Section, str]] = {}
        # One for all its families: what is done under it is rare.
        self._lock = Lock()

    def claim(self, description: FamilyDescription) -> None:
        """Keep the metric names of a family for it; ValueError for an invalid or a taken one."""
        itself = (description.section, description.key)
        names = {check_metric_name(name) for metric in description.metrics for name in metric.sample_names()}
        with self._lock:
            for name in sorted(names):
                owner = self._owners.get(name, itself)
                if owner != itself:
                    raise ValueError(
                        f"{description.key!r} would write {name!r}, which {owner[1]!r} writes already"
                    )
            self._owners.update(dict.fromkeys(names, itself))

    def family(self, description: FamilyDescription) -> Family:
        """The family of this description, created at the first call.

        One key may have several sets of label names (calls with labels of their own). Raises ValueError for
        an invalid name, for a metric name that another key has, and where the same key was made with another
        type, documentation or buckets.
        """
        section, key, labelnames = description.section, description.key, description.labelnames
        with self._lock:
            known = self._families.get((section, key, labelnames))
            if known is not None:
                if known.description != description:
                    raise ValueError(f"{key!r} is already there with another type, documentation or buckets")
                return known
            if section == "custom" and (section, key) in self._caps:
                raise ValueError(f"{key!r} is already there with other label names")
            self.claim(description)
            check_label_names(labelnames, reserved=("le",) if description.buckets is not None else ())
            most = sys.maxsize if section == "monitor" else self._max_series
            family = self._families[section, key, labelnames] = Family(
                description,
                self._grid(description.buckets),
                pages=self._pages,
                cap=self._caps.setdefault((section, key), Cap(most)),
                lock=self._lock,
                overflowed=self._overflowed,
            )
            return family

    def read(self) -> tuple[FamilyReading, ...]:
        """The readings of all families, in the order of their creation."""
        with self._lock:
            families = list(self._families.values())
        return tuple(family.read() for family in families)

    def _grid(self, buckets: tuple[float, ...] | None) -> Grid | None:
        if buckets is None:
            return None
        if buckets not in self._grids:
            self._grids[buckets] = Grid(buckets)
        return self._grids[buckets]
