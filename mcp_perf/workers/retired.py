"""Retired runs: their series is no more, but somebody may still be writing to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import starmap

from ..registry.description import FamilyDescription
from ..registry.pages import GRACE
from ..registry.runs import reading_of
from ..registry.snapshot import FamilyReading
from ..storage.records import PENDING, VALUE, live
from .files.archive import Archive, Labels
from .files.contribution import above
from .files.member import Given, Member
from .files.selection import Selection


@dataclass(frozen=True)
class Retired:
    """One of them, since when; `counts` says whether what comes late to it still does."""

    given: Given
    since: float
    counts: bool

    @property
    def is_in_use(self) -> bool:
        """Whether something in it will leave it: a gauge's value, an event whose end is under way."""
        slots, kind = self.given.slots, self.given.run.description.kind
        if kind == "gauge":
            return slots[VALUE] != 0
        return kind == "timed" and slots[PENDING] > 0


class RetiredRuns(dict[int, Retired]):
    """Those of one process, by number; `now` gives seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def add(self, number: int, given: Given, *, counts: bool) -> None:
        """A run has lost its series."""
        self[number] = Retired(given, self._now(), counts)

    def settling(self, member: Member, archive: Archive) -> list[int]:
        """The numbers of those that nobody can be writing to any more."""
        limit = self._now() - GRACE
        return [
            number
            for number, one in list(self.items())
            if one.since <= limit
            and not (one.counts and one.is_in_use and not self._is_left(number, member, archive))
        ]

    def _is_left(self, number: int, member: Member, archive: Archive) -> bool:
        """Whether it is the user's gauge, removed by a sibling: who has it writes to the next one."""
        description = self[number].given.run.description
        baseline = archive.baselines.get((member.id, number))
        is_theirs = description.section == "custom" and description.kind == "gauge"
        return is_theirs and baseline is not None and member.read(number) == baseline

    def remove(self, selection: Selection) -> None:
        """What comes to such runs does not count any more, nor what has come to them."""
        for number, one in list(self.items()):
            if selection.has(one.given.run.description, one.given.run.labels):
                self[number] = replace(one, counts=False)

    def removed(self) -> list[int]:
        """The numbers of those of which nothing counts."""
        return [number for number, one in list(self.items()) if not one.counts]

    def late(self, member: Member, archive: Archive) -> Sequence[FamilyReading]:
        """What they still contribute, which are runs of `member`."""
        found: dict[FamilyDescription, dict[Labels, bytes]] = {}
        for number, one in list(self.items()):
            if not one.counts or (member.id, number) in archive.void:
                continue
            run, held = one.given.run, member.read(number)
            baseline = archive.baselines.get((member.id, number))
            more = held if baseline is None else above(run.description, held, baseline)
            if more is not None:
                more = live(more) if run.description.kind == "timed" else more
                found.setdefault(run.description, {})[run.labels] = more
        return list(starmap(reading_of, found.items()))
