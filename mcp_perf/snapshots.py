"""Snapshots: what all workers have measured becomes the one reading that everything is told from."""

from __future__ import annotations

from .faults import Troubles
from .pace import Pace
from .process import process
from .registry.family import Family
from .registry.retention import Retention
from .registry.snapshot import Snapshot, WorkerReading
from .self_report import SelfReport
from .storage.forks import notice
from .timing import Clock
from .workers.team import Team


class Snapshots:
    """Takes the snapshots of one monitor, of the `service`.

    What has been idle for its `retention` leaves the `team` on the way, and `expired` counts it by family.
    What has gone wrong with the workers' files since the last time is taken from `troubles` to `errors`.
    `scrapes` and `durations` have a series from the first snapshot on.
    """

    def __init__(
        self,
        *,
        team: Team,
        retention: Retention,
        report: SelfReport,
        troubles: Troubles,
        errors: Family,
        expired: Family,
        scrapes: Family,
        durations: Family,
        clock: Clock,
        service: str,
    ) -> None:
        self._team = team
        self._retention = retention
        self._report = report
        self._troubles = troubles
        self._errors = errors
        self._expired = expired
        self._shown = scrapes, durations
        self._clock = clock
        self._service = service

    def take(self, pace: Pace) -> Snapshot:
        """A snapshot, at a pace."""
        notice()
        with self._team.lock:
            self._tell_of_troubles()
            for family in self._shown:
                family.labels()
            reading = self._team.read(pace)
            left = []
            for idle in self._retention.idle(reading.families, reading.resets, reading.forgotten, pace):
                if self._team.expire(reading, idle):
                    self._expired.labels(idle.description.key).add(float(len(idle.labels)))
                    left.append(idle)
            families = self._retention.without(left, reading.families)
            report = self._report.of(families, len(reading.workers))
        return Snapshot(
            taken_at=self._clock.wall(),
            started_at=min([worker.started_at for worker in reading.workers]),
            families=(*families, *report),
            service=self._service,
            workers=tuple([WorkerReading(one.pid, one.started_at, process) for one in reading.workers]),
            has_past=reading.has_past,
        )

    def _tell_of_troubles(self) -> None:
        for doing, number in self._troubles.taken().items():
            self._errors.labels(doing).add(float(number))
