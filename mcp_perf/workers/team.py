"""All workers of a service, as one of them sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..pace import Pace, unpaced
from ..registry.description import FamilyDescription, SeriesKey
from ..registry.merge import Merger, Source
from ..registry.registry import Registry
from ..registry.retention import Idle
from ..registry.snapshot import FamilyReading
from ..storage.atomic import Lock
from ..storage.forks import expect, follow
from .crew import View
from .files.archive import Labels
from .files.draft import Draft
from .files.index import Header
from .files.selection import Selection
from .membership import Membership
from .pause import Pause
from .resets import reset_others, reset_own
from .upkeep import Upkeep

_PATIENCE = 0.5  # seconds that a removal waits for others that change the archive
_REST = 1.0  # seconds between two times of catching up
_MANY_RETIRED = 500  # runs, from which on they are worth settling


@dataclass(frozen=True)
class Reading:
    """What all workers have measured, and who of them lives: this process first.

    `resets` are the series that were reset last, each with a number that is greater with each time, and not
    all of them up to the number `forgotten`; `own` is what this process has. `has_past` tells whether the
    dead have counted something.
    """

    families: tuple[FamilyReading, ...]
    own: tuple[FamilyReading, ...]
    workers: tuple[Header, ...]
    resets: Mapping[SeriesKey, int]
    forgotten: int = 0
    has_past: bool = False


class Team:
    """The workers of one monitor: this process by its `membership` and its `registry`, and the others.

    `fault` is told of what could not be read or done: the doing, and the error. `now` gives seconds.
    """

    def __init__(
        self,
        membership: Membership,
        registry: Registry,
        fault: Callable[[str, Exception], None],
        now: Callable[[], float],
    ) -> None:
        self._membership = membership
        self._registry = registry
        self._pages = membership.pages
        self._fault = fault
        self._merger = Merger()
        self._upkeep = Upkeep(self._pages, fault)
        self._caught_up = Pause(_REST, now)
        self.lock = Lock()
        follow(self)
        expect(self)

    def read(self, pace: Pace = unpaced) -> Reading:
        """One reading of all workers."""
        with self.lock:
            self._settle_in()
            view = self._look()
            own = self._registry.read(pace)
            header = self._membership.header()
            me = Source(own, header.started_at, header.pid)
            if view is None:
                return Reading(self._merger.merged([me], pace), own, (header,), {})
            late = Source(self._pages.late(view.archive), header.started_at, header.pid)
            others, workers = _others(view, pace)
            dead = Source(view.archive.readings)
            families = self._merger.merged([me, late, *others, dead], pace)
            archive = view.archive
            return Reading(
                families,
                own,
                (header, *workers),
                archive.resets,
                archive.forgotten,
                bool(archive.families) or any(not one.is_alive for one in view.siblings),
            )

    def expire(self, reading: Reading, idle: Idle) -> bool:
        """Have series leave, in all workers, as of that reading, which was the last; whether they have."""
        selection = Selection(idle.description, idle.labels)
        with self.lock:
            crew = self._membership.crew
            if crew is not None and crew.view is not None:

                def edit(draft: Draft, view: View) -> None:
                    reset_others(draft, view, selection)
                    reset_own(draft, self._pages, reading.own, selection)

                if not crew.change(edit):
                    return False
            for family in reading.own:
                if selection.is_of(family.description):
                    rows = zip(family.labels, family.values, strict=True)
                    gone = {one: value for one, value in rows if selection.has(family.description, one)}
                    self._registry.retire(family.description, gone)
            return True

    def remove(self, description: FamilyDescription, labels: Labels | None) -> None:
        """Have the series of these labels leave, or all of the family for None, in all other workers."""
        with self.lock:
            self._settle_in()
            if self._pages.member is not None:
                self._upkeep.remove(description, labels)
                if not self._upkeep.is_stuck:
                    self._look(_PATIENCE)

    def catch_up(self) -> None:
        """Let go of series that a sibling has had leave, unless somebody reads now or has just done this.

        Who is never asked for a reading has no other occasion.
        """
        crew = self._membership.crew
        # Who asks holds the registry's lock, which who reads waits for.
        if crew is None or self._caught_up.is_on or not self.lock.acquire_now():
            return
        try:
            self._caught_up.begin()
            if len(self._pages.retired) < _MANY_RETIRED:
                self._upkeep.obey(crew.archive(), self._registry)
            else:
                self._look()
        except Exception as error:
            self._fault("read", error)
        finally:
            self.lock.release()

    def forking(self) -> None:
        """This process is about to have children, which are its siblings."""
        self._membership.place.forking()
        # Somebody may hold a lock until the fork is over.
        if (self._pages.member is not None or self._pages.in_heap) and self.lock.acquire_now():
            try:
                if self._registry.lock.acquire_now():
                    try:
                        self._membership.note_children(self._registry)
                    finally:
                        self._registry.lock.release()
            finally:
                self.lock.release()

    def forked(self) -> None:
        """This is a child: what the parent knows of its siblings is the parent's."""
        self._membership.forked()
        self._merger = Merger()
        self._upkeep.forked()

    def _look(self, patience: float | None = None) -> View | None:
        crew = self._membership.crew
        if crew is None:
            return None
        try:
            self._upkeep.tidy(crew, crew.look(), self._registry, patience)
        except Exception as error:  # what was read last is still there, so that no counter steps back
            self._fault("read", error)
        return crew.view

    def _settle_in(self) -> None:
        try:
            self._membership.settle_in(self._registry)
        except Exception as error:
            self._fault("join", error)


def _others(view: View, pace: Pace) -> tuple[list[Source], list[Header]]:
    """What the others have, and who of them lives."""
    sources, workers = [], []
    for sibling in view.siblings:
        header = sibling.index.header
        if not sibling.is_readable:
            continue
        readings: Sequence[FamilyReading] = sibling.readings(view.archive, pace)
        if not sibling.is_alive:
            readings = [one for one in readings if one.description.kind != "gauge"]
        elif header is not None and not sibling.is_only_parent:
            workers.append(header)
        since, pid = (header.started_at, header.pid) if header is not None else (0.0, 0)
        sources.append(Source(readings, since, pid))
    return sources, workers
