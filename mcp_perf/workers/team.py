"""All workers of a service, as one of them sees them."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..pace import Pace, unpaced
from ..registry.description import FamilyDescription, SeriesKey
from ..registry.merge import Merger, Source
from ..registry.registry import Registry
from ..registry.retention import Idle
from ..registry.snapshot import FamilyReading
from ..storage.atomic import Lock
from ..storage.forks import follow
from .archive import Labels
from .crew import Crew, View
from .directory import of_user, sweep
from .draft import Draft
from .index import Header
from .member import Member
from .pages import SharedPages
from .place import Place
from .resets import reset_others, reset_own
from .selection import Selection
from .siblings import doubt, has_children_soon
from .upkeep import Upkeep

logger = logging.getLogger("mcp_perf")


@dataclass(frozen=True)
class Reading:
    """What all workers have measured, and who of them lives: this process first.

    `resets` are the series that were reset last, each with a number that is greater with each time; `own` is
    what this process has.
    """

    families: tuple[FamilyReading, ...]
    own: tuple[FamilyReading, ...]
    workers: tuple[Header, ...]
    resets: Mapping[SeriesKey, int]


class Team:
    """The workers of one monitor. `pages` are those of this process; `registry` is set once it is made.

    `fault` is told of what could not be read or done: the doing, and the error. `now` gives
    seconds, `wall` those since the epoch.
    """

    registry: Registry

    def __init__(
        self,
        place: Place,
        *,
        started_at: float,
        max_series: int,
        now: Callable[[], float],
        wall: Callable[[], float],
        fault: Callable[[str, Exception], None],
    ) -> None:
        self.pages = SharedPages(self._place, self._header, self._joined, fault, now)
        self._where = place
        self._started_at = started_at
        self._wall = wall
        self._max_series = max_series
        self._fault = fault
        self._crew: Crew | None = None
        self._view: View | None = None
        self._merger = Merger()
        self._upkeep = Upkeep(self.pages, fault)
        self._has_doubted = self._has_warned = False
        self.lock = Lock()
        follow(self)

    def read(self, pace: Pace = unpaced) -> Reading:
        """One reading of all workers."""
        with self.lock:
            self._settle_in()
            view = self._look()
            own = self.registry.read(pace)
            me = Source(own, self._started_at, os.getpid())
            if view is None:
                return Reading(self._merger.merged([me], pace), own, (self._header(),), {})
            others, workers = self._others(view, pace)
            dead = Source(view.archive.readings)
            families = self._merger.merged([me, *others, dead], pace)
            return Reading(families, own, (self._header(), *workers), view.archive.resets)

    def expire(self, reading: Reading, idle: Idle) -> bool:
        """Have series leave, in all workers, as of that reading, which was the last; whether they have."""
        selection = Selection(idle.description, idle.labels)
        with self.lock:
            if self._crew is not None and self._view is not None:
                view = self._view

                def edit(draft: Draft) -> None:
                    reset_others(draft, view, selection)
                    reset_own(draft, self.pages, reading.own, selection)

                changed = self._crew.change(view, edit)
                if changed is None:
                    return False
                self._view = changed
            for family in reading.own:
                if selection.is_of(family.description):
                    rows = zip(family.labels, family.values, strict=True)
                    gone = {one: value for one, value in rows if selection.has(family.description, one)}
                    self.registry.retire(family.description, gone)
            return True

    def remove(self, description: FamilyDescription, labels: Labels | None) -> None:
        """Have the series of these labels leave, or all of the family for None, in all other workers."""
        with self.lock:
            self._settle_in()
            if self.pages.member is not None:
                self._upkeep.remove(description, labels)
                if not self._upkeep.is_stuck:
                    self._look()

    def forking(self) -> None:
        """This process is about to have children, which are its siblings."""
        self._where.forking()
        # Somebody may hold a lock until the fork is over.
        if (self.pages.member is not None or self.pages.in_heap) and self.lock.acquire_now():
            try:
                if self.registry.lock.acquire_now():
                    try:
                        self._settle_in()
                        if self.pages.member is not None:
                            self.pages.member.note_children()
                    finally:
                        self.registry.lock.release()
            finally:
                self.lock.release()

    def forked(self) -> None:
        """This is a child: what the parent knows of its siblings is the parent's."""
        if self._crew is not None:
            self._crew.close()
        self._crew = self._view = None
        self._upkeep.forked()
        self._started_at = self._wall()

    def _place(self) -> Path | None:
        found = self._where()
        if found is None and not self._has_doubted:
            self._has_doubted = True
            self._warn(doubt())
        return found

    def suspect(self, reason: str) -> None:
        """Somebody says why this process has siblings: heard where it is taken for the only one."""
        with contextlib.suppress(OSError, ValueError):
            if not self._has_warned and self.pages.member is None and self._where() is None:
                self._warn(reason)

    def _warn(self, reason: str | None) -> None:
        if reason is not None and not self._has_warned:
            self._has_warned = True
            logger.warning(
                "mcp_perf measures this process by itself, but %s; set worker_dir or MCP_PERF_WORKER_DIR "
                "to a directory that its siblings share, or start them with `mcp-perf run`",
                reason,
            )

    def _header(self) -> Header:
        return Header(os.getpid(), self._started_at)

    def _joined(self, member: Member) -> None:
        # Who makes series heeds the cap; what two have made at once must stay when they die.
        self._crew = Crew(member, 2 * self._max_series, self._fault)
        try:
            if has_children_soon():
                member.note_children()
            view = self._crew.look()
            if any(one.is_over for one in view.siblings):
                self._crew.change(view)
        except OSError as error:
            self._fault("read", error)
        sweep(of_user())

    def _settle_in(self) -> None:
        """Be where the siblings are, with all that was counted elsewhere."""
        member = self.pages.member
        if member is not None:
            if member.is_at_home():
                if self.pages.in_heap:
                    self._rehouse()
                return
            self._fault("directory", FileNotFoundError(f"{member.path} is gone or another one"))
            if self._crew is not None:
                self._crew.close()
            self._crew = self._view = None
            self.pages.leave()
        try:
            if self.pages.join() is not None:
                self._rehouse()
        except (OSError, ValueError) as error:
            self.pages.pause()
            self._fault("join", error)

    def _rehouse(self) -> None:
        """Take what is in the heap to the files, so that siblings see it."""
        if self.pages.is_open:
            self.pages.in_heap = False
            self.registry.rehouse(self.pages.is_shared)

    def _look(self) -> View | None:
        if self._crew is not None:
            try:
                self._view = self._upkeep.tidied(self._crew, self._crew.look(), self.registry)
            except OSError as error:  # what was read last is still there, so that no counter steps back
                self._fault("read", error)
        return self._view

    def _others(self, view: View, pace: Pace) -> tuple[list[Source], list[Header]]:
        sources, workers = [Source(self.pages.late(view.archive), self._started_at, os.getpid())], []
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
