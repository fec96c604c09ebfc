"""Retention: which series have been idle for so long that they leave.

Nothing is written down when an event happens. What reads the same as before has had no event: a series is
idle since the reading that first showed it as it is now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..pace import Pace, unpaced
from ..storage.atomic import Lock
from ..storage.forks import follow
from .description import FamilyDescription, SeriesKey
from .snapshot import FamilyReading

Labels = tuple[str, ...]


@dataclass(frozen=True)
class _Seen:
    """The last reading of a family, and by row since when it has read so."""

    labels: tuple[Labels, ...] = ()
    marks: Sequence[Any] = ()
    since: Sequence[float] = ()

    def after(self, reading: FamilyReading, now: float, wall: float, pace: Pace) -> _Seen:
        """The same after a new reading."""
        marks = reading.marks(pace)
        if reading.labels is self.labels:
            rows = zip(marks, self.marks, self.since, strict=True)
            since = [since if mark == before else now for mark, before, since in rows]
        else:
            known = dict(zip(self.labels, zip(self.marks, self.since, strict=True), strict=True))
            since = []
            for labels, mark in zip(reading.labels, marks, strict=True):
                before, then = known.get(labels, (None, now))
                since.append(then if mark == before else now)
        if reading.stamps is not None:
            # Whoever writes the same value to a gauge again and again uses it.
            ages = [max(wall - stamp, 0.0) for stamp in reading.stamps]
            since = [max(one, now - age) for one, age in zip(since, ages, strict=True)]
        return _Seen(reading.labels, marks, since)

    def without(self, gone: set[Labels]) -> _Seen:
        """The same without these: what comes back there is another series, even where it reads the same."""
        kept = [row for row, labels in enumerate(self.labels) if labels not in gone]
        return _Seen(
            tuple(self.labels[row] for row in kept),
            [self.marks[row] for row in kept],
            [self.since[row] for row in kept],
        )


@dataclass(frozen=True)
class Idle:
    """Series of a family that have been idle for so long that they may leave."""

    description: FamilyDescription
    labels: Sequence[Labels]


class Retention:
    """Says which series have been idle for too long.

    `seconds` gives how long an idle series of a family stays, None for ever. `now` gives seconds of a clock
    that nobody sets, `wall` those since the epoch. A gauge that is not zero stays: something is in it.
    """

    def __init__(
        self,
        seconds: Callable[[FamilyDescription], float | None],
        now: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._seconds = seconds
        self._now = now
        self._wall = wall
        self._seen: dict[FamilyDescription, _Seen] = {}
        self._resets = 0
        self._lock = Lock()
        follow(self)

    def forked(self) -> None:
        """This is a child: what was idle is the parent's, and nobody knows how far it had come with it."""
        self._seen = {}
        self._resets = 0

    def idle(
        self,
        readings: Sequence[FamilyReading],
        resets: Mapping[SeriesKey, int],
        forgotten: int = 0,
        pace: Pace = unpaced,
    ) -> Sequence[Idle]:
        """What may leave, family by family.

        `resets` are series that have begun anew, each with a number that is greater with each time; but not
        all of them up to the number `forgotten`.
        """
        with self._lock:
            if forgotten > self._resets:
                self._seen = {}
            self._forget({series for series, number in resets.items() if number > self._resets})
            self._resets = max(resets.values(), default=self._resets)
            found = [(one.description, self._idle(one, pace)) for one in readings]
            return [Idle(description, labels) for description, labels in found if labels]

    def without(self, left: Sequence[Idle], readings: tuple[FamilyReading, ...]) -> tuple[FamilyReading, ...]:
        """The readings without what has left; which is another series when it comes back."""
        if not left:
            return readings
        gone = {one.description: set(one.labels) for one in left}
        with self._lock:
            for description, labels in gone.items():
                self._seen[description] = self._seen.get(description, _Seen()).without(labels)
        return tuple(_without(gone.get(one.description, set()), one) for one in readings)

    def forget(self, description: FamilyDescription, labels: Labels | None) -> None:
        """The series of these labels, or all of the family for None, begin anew."""
        with self._lock:
            gone = self._seen.get(description, _Seen()).labels if labels is None else [labels]
            self._forget(set(map(description.series_key, gone)))

    def _forget(self, series: Collection[SeriesKey]) -> None:
        metrics = {(one.section, one.key) for one in series}
        for description, seen in list(self._seen.items()):
            if (description.section, description.key) in metrics:
                gone = {one for one in seen.labels if description.series_key(one) in series}
                if gone:
                    self._seen[description] = seen.without(gone)

    def _idle(self, reading: FamilyReading, pace: Pace) -> Sequence[Labels]:
        seconds = self._seconds(reading.description)
        if seconds is None:
            return ()
        now = self._now()
        seen = self._seen.get(reading.description, _Seen()).after(reading, now, self._wall(), pace)
        self._seen[reading.description] = seen
        if not seen.since or min(seen.since) > now - seconds:
            return ()
        idle = [
            labels for labels, since in zip(reading.labels, seen.since, strict=True) if since <= now - seconds
        ]
        if reading.description.kind != "gauge":
            return idle
        in_use = {labels for labels, value in zip(reading.labels, reading.values, strict=True) if value != 0}
        return [labels for labels in idle if labels not in in_use]


def _without(gone: set[Labels], reading: FamilyReading) -> FamilyReading:
    if not gone:
        return reading
    return reading.of_rows([row for row, labels in enumerate(reading.labels) if labels not in gone])
