"""Membership: this process as a worker of its service, from when it knows the others' directory."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

from ..registry.registry import Registry
from .crew import Crew
from .files.index import Header
from .files.member import Member
from .meeting.directory import of_user
from .meeting.leftovers import sweep
from .meeting.origin import doubt, has_children_soon
from .meeting.place import VARIABLE, Place
from .pages import SharedPages

logger = logging.getLogger("mcp_perf")


class Membership:
    """Where this process writes, `pages`, and, once it has a directory, how it reads the others: `crew`.

    `fault` is told of what could not be read or done: the doing, and the error. `now` gives
    seconds, `wall` those since the epoch.
    """

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
        self.pages = SharedPages(self._directory, self.header, self._joined, fault, now)
        self.crew: Crew | None = None
        self.started_at = started_at
        self.place = place
        self._wall = wall
        self._max_series = max_series
        self._fault = fault
        self._has_doubted = self._has_warned = False

    def header(self) -> Header:
        """What the files say of this process."""
        return Header(os.getpid(), self.started_at)

    def directory(self) -> int | None:
        """A descriptor of the directory that siblings share, None as long as there is none."""
        member = self.pages.member
        return member.directory if member is not None else None

    def settle_in(self, registry: Registry) -> None:
        """Be where the siblings are, with all that was counted elsewhere."""
        member = self.pages.member
        if member is not None:
            if member.is_at_home():
                if self.pages.in_heap:
                    self._rehouse(registry)
                return
            self._fault("directory", FileNotFoundError(f"{member.path} is gone or another one"))
            is_taken_for_dead = member.is_taken_for_dead
            if not is_taken_for_dead:
                member.withdraw()
            self._leave_crew()
            self.pages.leave()
            if is_taken_for_dead:
                registry.leave_behind()
        try:
            if self.pages.join() is not None:
                self._rehouse(registry)
        except (OSError, ValueError) as error:
            self.pages.pause()
            self._fault("join", error)

    def suspect(self, reason: str) -> None:
        """Somebody says why this process has siblings: heard where it is taken for the only one."""
        with contextlib.suppress(OSError, ValueError):
            if not self._has_warned and self.pages.member is None and self.place() is None:
                self._warn(reason)

    def note_children(self, registry: Registry) -> None:
        """This process is about to have children, which are its siblings."""
        self.settle_in(registry)
        if self.pages.member is not None:
            self.pages.member.note_children()

    def forked(self) -> None:
        """This is a child: what the parent knows of its siblings is the parent's."""
        self._leave_crew()
        self.started_at = self._wall()

    def _directory(self) -> Path | None:
        found = self.place()
        if found is None and not self._has_doubted:
            self._has_doubted = True
            self._warn(doubt())
        return found

    def _warn(self, reason: str | None) -> None:
        if reason is not None and not self._has_warned:
            self._has_warned = True
            logger.warning(
                "mcp_perf measures this process by itself, but %s; set worker_dir or %s to a directory that "
                "its siblings share, or start them with `mcp-perf run`",
                reason,
                VARIABLE,
            )

    def _joined(self, member: Member) -> None:
        # Who makes series heeds the cap; what two have made at once must stay when they die.
        self.crew = Crew(member, 2 * self._max_series, self._fault)
        try:
            if has_children_soon():
                member.note_children()
            if any(one.is_over for one in self.crew.look().siblings):
                self.crew.change()
        except OSError as error:
            self._fault("read", error)
        sweep(of_user())

    def _rehouse(self, registry: Registry) -> None:
        """Take what is in the heap to the files, so that siblings see it."""
        if self.pages.is_open:
            self.pages.in_heap = False
            registry.rehouse(self.pages.is_shared)

    def _leave_crew(self) -> None:
        if self.crew is not None:
            self.crew.close()
            self.crew = None
