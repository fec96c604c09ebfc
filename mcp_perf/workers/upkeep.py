"""Upkeep: what whoever reads the workers of a directory puts in order there, and obeys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from ..registry.description import FamilyDescription
from ..registry.registry import Registry
from ..registry.runs import reading_of
from .crew import Crew, View
from .files.archive import Archive, Labels
from .files.draft import Draft
from .files.selection import Selection
from .pages import SharedPages
from .pause import Pause
from .resets import reset_others

_PAUSE = 1.0  # seconds, in which another process may be at it


class Upkeep:
    """Has the dead folded, retired runs settled, and removals done that were asked for.

    `pages` are those of this process; `fault` is told of what could not be done: the doing, and the error.
    """

    def __init__(self, pages: SharedPages, fault: Callable[[str, Exception], None]) -> None:
        self._pages = pages
        self._fault = fault
        self._removed: dict[object, Selection] = {}
        self._stuck = Pause(_PAUSE)

    @property
    def is_stuck(self) -> bool:
        """Whether nothing could be done the last time, a moment ago: who reads next tries again."""
        return self._stuck.is_on

    def remove(self, description: FamilyDescription, labels: Labels | None) -> None:
        """Have the series of these labels leave in all workers next, or all of the family for None."""
        selection = Selection(description, None if labels is None else [labels])
        self._pages.retired.remove(selection)
        self._removed[description.identity, labels] = selection

    def forked(self) -> None:
        """This is a child: what was to be removed is the parent's to remove."""
        self._removed = {}

    def tidy(self, crew: Crew, view: View, registry: Registry, patience: float | None = None) -> None:
        """Have the dead of a crew's `view` folded and what is over settled, where that can be done now.

        With `patience`, in seconds, it waits for who else is at it.
        """
        self.obey(view.archive, registry)
        member = self._pages.member
        if member is None:
            return
        void = view.archive.void
        over = self._pages.retired.settling(member, view.archive)
        # What could not be given back when it was settled.
        settled = [number for number in over if (member.id, number) in void]
        settling = [number for number in over if (member.id, number) not in void]
        self._free(settled, registry)
        given = member.given() if void else {}
        given_back = [key for key in void if key[0] == member.id and key[1] not in given]
        voided = [number for number in self._pages.retired.removed() if (member.id, number) not in void]
        has_dead = any(one.is_over for one in view.siblings)
        if not (has_dead or settling or voided or self._removed or given_back or view.archive.folded):
            crew.clean()
            return

        def edit(draft: Draft, view: View) -> None:
            draft.forget_void(given_back)
            for selection in self._removed.values():
                reset_others(draft, view, selection)
            for number in voided:
                draft.void((member.id, number), self._pages.retired[number].given.run)
            for number in settling:
                one = self._pages.retired[number]
                if one.counts:
                    draft.settle((member.id, number), one.given.run, member.read(number))

        if not crew.change(edit, patience):
            self._stuck.begin()
            return
        self._stuck.end()
        self._removed = {}
        self._free(settling, registry)

    def _free(self, numbers: Sequence[int], registry: Registry) -> None:
        try:
            if numbers:
                with registry.lock:  # others are given runs meanwhile
                    self._pages.free(numbers)
        except OSError as error:
            self._fault("write", error)

    def obey(self, archive: Archive, registry: Registry) -> None:
        """Retire the series of this process that a sibling has had leave."""
        member = self._pages.member
        if member is None or not archive.baselines:
            return
        every = member.given()
        for (worker, number), baseline in archive.baselines.items():
            given = every.get(number) if worker == member.id and number not in self._pages.retired else None
            # A gauge that was written since then is in use, and counts as a whole.
            is_used = given is not None and given.run.description.kind == "gauge"
            if is_used and member.read(number) != baseline:
                continue
            if given is not None:
                then = reading_of(given.run.description, {given.run.labels: baseline}).values[0]
                since = archive.hidden.get((worker, number), -inf)
                registry.retire(given.run.description, {given.run.labels: then}, since)
