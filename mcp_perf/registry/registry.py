"""The registry: every family of one monitor, with no metric name given twice."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from math import inf

from ..pace import Pace, unpaced
from ..storage.atomic import Lock
from ..storage.forks import follow
from ..storage.slots import Slots
from .description import FamilyDescription, Section
from .distribution import Value
from .exemplars import ExemplarStore
from .family import Cap, Family, Surroundings
from .labels import PID, check_label_names, check_metric_name
from .pages import HeapPages, Pages
from .snapshot import FamilyReading


def _nobody(*_: object) -> None:
    """Told of what nobody wants to know."""


class Registry:
    """The families of one monitor; two registries share nothing.

    `max_series` is the cap for each metric but the toolkit's own reports on itself, which are few. Before
    one is past it `crowded` is told, and may have series leave; then `overflowed`, of each such look-up.
    `removed` is told of the removal of the series of some label values, or of all for None, and `made` of the
    family of each new series. `retention` gives
    the seconds that an idle series of a family stays, None for ever, and is None itself where all do. `now`
    gives the seconds since the epoch, and `failed` is told of an exemplar that could not be kept.
    """

    def __init__(
        self,
        *,
        max_series: int,
        overflowed: Callable[[FamilyDescription], None] = _nobody,
        removed: Callable[[FamilyDescription, tuple[str, ...] | None], None] = _nobody,
        crowded: Callable[[], None] = _nobody,
        made: Callable[[FamilyDescription], None] = _nobody,
        failed: Callable[[Exception], None] = _nobody,
        retention: Callable[[FamilyDescription], float | None] | None = None,
        pages: Pages | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._max_series = max_series
        self._retention = retention
        self._is_retaining = retention is not None
        self._pages = pages if pages is not None else HeapPages(now)
        self._families: dict[tuple[Section, str, tuple[str, ...]], Family] = {}
        self._caps: dict[tuple[Section, str], Cap] = {}
        self._owners: dict[str, tuple[Section, str]] = {}
        # One for all its families: what is done under it is rare.
        self.lock = Lock()
        self._exemplars = ExemplarStore(self._pages.exemplify, self.lock, now, failed)
        self._around = Surroundings(
            self._pages, self.lock, now, self._exemplars, overflowed, removed, crowded, made
        )
        follow(self)

    def claim(self, description: FamilyDescription) -> None:
        """Keep the metric names of a family for it; ValueError for an invalid or a taken one."""
        itself = (description.section, description.key)
        names = {check_metric_name(name) for metric in description.metrics for name in metric.claimed_names()}
        with self.lock:
            for name in sorted(names):
                owner = self._owners.get(name, itself)
                if owner != itself:
                    raise ValueError(
                        f"{description.key!r} would write {name!r}, which {owner[1]!r} writes already"
                    )
            self._owners.update(dict.fromkeys(names, itself))

    def family(self, description: FamilyDescription, retention: float | None = None) -> Family:
        """The family of this description, created at the first call; `retention` goes over the registry's.

        One key may have several sets of label names (calls with labels of their own). Raises ValueError for
        an invalid name, for a metric name that another key has, and where the same key was made with another
        type, documentation, buckets or way of merging.
        """
        section, key, labelnames = description.section, description.key, description.labelnames
        with self.lock:
            known = self._families.get((section, key, labelnames))
            if known is not None:
                if known.description != description:
                    raise ValueError(
                        f"{key!r} is already there with another type, documentation, buckets or merging"
                    )
                return known
            if section == "custom" and (section, key) in self._caps:
                raise ValueError(f"{key!r} is already there with other label names")
            self.claim(description)
            check_label_names(labelnames, reserved=_reserved(description))
            most = sys.maxsize if section == "monitor" else self._max_series
            if retention is not None:
                self._is_retaining = True
            elif self._retention is not None:
                retention = self._retention(description)
            cap = self._caps.setdefault((section, key), Cap(most))
            family = Family(description, cap, retention, self._around)
            self._families[section, key, labelnames] = family
            return family

    def read(self, pace: Pace = unpaced) -> tuple[FamilyReading, ...]:
        """The readings of all families, in the order of their creation."""
        self._settle()
        return tuple(family.read(pace) for family in self._all())

    def retire(
        self, description: FamilyDescription, keys: Mapping[tuple[str, ...], Value], since: float = inf
    ) -> None:
        """Forget the series of these clean label values, as they have read; see `Family.retire`."""
        family = self._families.get((description.section, description.key, description.labelnames))
        if family is not None:
            family.retire(keys, since)

    def retention(self, description: FamilyDescription) -> float | None:
        """How many seconds an idle series of that family stays; None for ever."""
        # Each worker's gauge by itself is the worker's own to keep.
        if not self._is_retaining or not description.labelnames or description.merge == "all":
            return None
        family = self._families.get((description.section, description.key, description.labelnames))
        if family is not None:
            return family.retention
        return self._retention(description) if self._retention is not None else None

    def rehouse(self, is_housed: Callable[[Slots], bool]) -> None:
        """Move the series whose runs are not housed where they should be, with all that they hold."""
        for family in self._all():
            family.rehouse(is_housed)

    def leave_behind(self) -> None:
        """What all series hold is counted elsewhere from now on, but for what is in gauges."""
        for family in self._all():
            family.leave_behind()

    def forked(self) -> None:
        """This is a fork: begin from nothing, since the parent counts what was before."""
        self._pages.forked()
        self._exemplars.forked()
        for family in self._all():
            family.forked()

    def _all(self) -> list[Family]:
        with self.lock:
            return list(self._families.values())

    def _settle(self) -> None:
        for late in self._pages.settle():
            description = late.description
            family = self._families[description.section, description.key, description.labelnames]
            family.add(late.labels, late.amounts)


def _reserved(description: FamilyDescription) -> tuple[str, ...]:
    if description.kind == "timed":
        return ("le",)
    return (PID,) if description.merge == "all" else ()
