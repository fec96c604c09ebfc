"""The store: all families of one monitor, in this worker and its siblings, put together from its settings."""

from __future__ import annotations

from collections.abc import Callable

from . import catalogue
from .catalogue import Buckets, FamilySpec
from .faults import Faults, Troubles
from .registry.description import FamilyDescription
from .registry.family import Family
from .registry.registry import Registry
from .registry.retention import Retention
from .settings import SIZE_BUCKETS, Settings
from .timing import Clock
from .workers.meeting.place import Place
from .workers.membership import Membership
from .workers.team import Team


class Store:
    """Gives the families of the catalogue in one namespace, and what is read of all workers.

    `made` is called with the description of each series' family that this process makes. What is idle stays
    for `patience()` seconds at least. What goes wrong with the files that workers share is noted in
    `troubles`, what is lost in the measuring in `faults`.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        started_at: float,
        *,
        made: Callable[[FamilyDescription], None],
        patience: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._patience = patience
        self._buckets: dict[Buckets, tuple[float, ...]] = {"seconds": settings.buckets, "bytes": SIZE_BUCKETS}
        self._descriptions: dict[tuple[str, tuple[str, ...]], FamilyDescription] = {}
        self.troubles = Troubles()
        self.membership = Membership(
            Place(settings.worker_dir, settings.namespace, is_used=settings.enabled),
            started_at=started_at,
            max_series=settings.max_series,
            now=clock.monotonic,
            wall=clock.wall,
            fault=self.troubles.note,
        )
        self.registry = Registry(
            max_series=settings.max_series,
            overflowed=lambda description: self._overflows.labels(description.key).add(1.0),
            removed=self._removed,
            crowded=lambda: self.team.catch_up(),
            made=made,
            failed=lambda error: self.faults.lost("exemplars", error),
            retention=self._retention_of if settings.has_retention else None,
            pages=self.membership.pages,
            now=clock.wall,
        )
        self.team = Team(self.membership, self.registry, self.troubles.note, clock.monotonic)
        self.retention = Retention(self._stay, clock.monotonic, clock.wall)
        # So that no metric of the user's own can take a name that is needed later.
        for spec in (*catalogue.ALL, *catalogue.PUSHED):
            self.registry.claim(self.described(spec))
        # Where nothing is measured, the user's own metrics go where nobody reads.
        self.custom = self.registry if settings.enabled else Registry(max_series=settings.max_series)
        self._overflows = self.family(catalogue.MONITOR_OVERFLOWED)
        self.faults = Faults(self.family(catalogue.MONITOR_LOST))

    def family(self, spec: FamilySpec, labelnames: tuple[str, ...] = ()) -> Family:
        """The family of a catalogue entry in this namespace, with further label names."""
        return self.registry.family(self.described(spec, labelnames))

    def described(self, spec: FamilySpec, labelnames: tuple[str, ...] = ()) -> FamilyDescription:
        """What that family is."""
        known = self._descriptions.get((spec.key, labelnames))
        if known is None:
            known = spec.described(self._settings.namespace, self._buckets, labelnames)
            self._descriptions[spec.key, labelnames] = known
        return known

    def _retention_of(self, description: FamilyDescription) -> float | None:
        named = self._settings.metric_retention
        for metric in description.metrics:
            if metric.name in named:
                return named[metric.name]
        # What the toolkit says of itself is of what has been, and is little.
        return self._settings.retention if description.section != "monitor" else None

    def _stay(self, description: FamilyDescription) -> float | None:
        seconds = self.registry.retention(description)
        return max(seconds, self._patience()) if seconds is not None else None

    def _removed(self, description: FamilyDescription, labels: tuple[str, ...] | None) -> None:
        self.retention.forget(description, labels)
        self.team.remove(description, labels)
