"""Snapshots: what all workers have measured becomes the one reading that everything is told from."""

from __future__ import annotations

from . import catalogue
from .pace import Pace
from .process import process
from .registry.snapshot import Snapshot, WorkerReading
from .self_report import SelfReport
from .storage.forks import notice
from .store import Store
from .timing import Clock


class Snapshots:
    """Takes the snapshots of what is in the `store`, of the `service`.

    What has been idle for its retention leaves on the way, and is counted by family; so is what has gone
    wrong with the workers' files since the last time. That it was scraped has series from the first one on.
    """

    def __init__(self, store: Store, service: str, clock: Clock) -> None:
        self._team = store.team
        self._retention = store.retention
        self._report = SelfReport(
            store.described(catalogue.MONITOR_SERIES), store.described(catalogue.MONITOR_WORKERS)
        )
        self._troubles = store.troubles
        self._errors = store.family(catalogue.MONITOR_STORAGE_ERRORS)
        self._expired = store.family(catalogue.MONITOR_EXPIRED)
        self._shown = [
            store.family(one) for one in (catalogue.MONITOR_SCRAPES, catalogue.MONITOR_SCRAPE_DURATION)
        ]
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
