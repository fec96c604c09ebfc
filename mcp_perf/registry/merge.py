"""Merging: the readings of several workers, and of the dead, become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..pace import Pace, unpaced
from .addition import Member, together
from .description import FamilyDescription
from .rows import Rows
from .snapshot import FamilyReading


@dataclass(frozen=True)
class Source:
    """What one process has measured, or the dead have.

    Where sources describe a family differently, that of the one `since` last holds. `pid` is 0 for the dead.
    """

    families: Sequence[FamilyReading]
    since: float = 0.0
    pid: int = 0


@dataclass(frozen=True)
class _Group:
    """A family as several sources have it: `places` are theirs, and that of the reading in each."""

    description: FamilyDescription
    places: Sequence[tuple[int, int]]
    rows: Rows
    alone: tuple[int, int] | None  # the only place, where what is read there is all

    def merged(self, sources: Sequence[Source], pace: Pace) -> FamilyReading:
        """The one reading of it."""
        members = [Member(sources[one].pid, sources[one].families[place]) for one, place in self.places]
        return together(self.description, members, self.rows, pace)


class Merger:
    """Merges readings; it remembers which families belong together, and how their rows lie."""

    def __init__(self) -> None:
        self._described: object = None
        self._groups: Mapping[object, _Group] = {}

    def merged(self, sources: Sequence[Source], pace: Pace = unpaced) -> tuple[FamilyReading, ...]:
        """One reading of each family, whose description is that of the youngest source.

        A family is left out that writes a name which in a younger source is another metric's, or of another
        type.
        """
        described = [(one.since, [reading.description for reading in one.families]) for one in sources]
        if described != self._described:
            self._groups = self._grouped(sources)
            self._described = described
        return tuple(
            [
                group.merged(sources, pace)
                if group.alone is None
                else sources[group.alone[0]].families[group.alone[1]]
                for group in self._groups.values()
            ]
        )

    def _grouped(self, sources: Sequence[Source]) -> dict[object, _Group]:
        places: dict[object, list[tuple[int, int]]] = {}
        for number, source in enumerate(sources):
            for place, reading in enumerate(source.families):
                places.setdefault(reading.description.identity, []).append((number, place))
        owners = _owners(sources)
        groups: dict[object, _Group] = {}
        turns: dict[object, tuple[int, float]] = {}
        first: dict[_Metric, int] = {}
        for same, found in places.items():
            number, place = max(found, key=lambda one: sources[one[0]].since)
            youngest = sources[number].families[place].description
            if all(owners[name] == owner for name, owner in _claims(youngest)):
                before = self._groups.get(same)
                rows = before.rows if before is not None else Rows()
                is_alone = len(found) == 1 and sources[number].pid != 0 and youngest.merge != "all"
                groups[same] = _Group(youngest, found, rows, found[0] if is_alone else None)
                # Of a metric with several sets of label names what the youngest says of it is told first.
                metric = youngest.section, youngest.key
                turns[same] = first.setdefault(metric, len(first)), -sources[number].since
        return {same: groups[same] for same in sorted(groups, key=turns.__getitem__)}


_Metric = tuple[str, str]  # section, key
_Owner = tuple[str, str]  # the name and the type of a metric


def _claims(description: FamilyDescription) -> Iterable[tuple[str, _Owner]]:
    """The names that a family writes, and the metric that each belongs to."""
    for metric in description.metrics:
        for name in metric.claimed_names():
            yield name, (metric.name, metric.type)


def _owners(sources: Sequence[Source]) -> dict[str, _Owner]:
    """Whose each name is, as the youngest source has it."""
    owners: dict[str, _Owner] = {}
    for source in sorted(sources, key=lambda one: -one.since):  # the first of several of one age
        for reading in source.families:
            for name, owner in _claims(reading.description):
                owners.setdefault(name, owner)
    return owners
