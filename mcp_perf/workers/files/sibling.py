"""Another process's files, as this one reads them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from itertools import starmap

from ...pace import Pace, unpaced
from ...registry.description import FamilyDescription
from ...registry.exemplar import Exemplars
from ...registry.runs import reading_of, shown
from ...registry.snapshot import FamilyReading
from ...storage.records import is_possible, live, settled
from ..system.descriptors import Descriptors, is_ours
from ..system.locks import is_free
from ..system.opening import READING
from .archive import Archive, Labels, SpoiledError
from .columns import Columns, columns
from .contribution import above
from .exemplars import ExemplarReader
from .index import FORMAT, IndexReader, Run
from .member import INDEX, SLOTS
from .slot_file import SLOT


class RenewedError(Exception):
    """A worker's files are to be opened anew: it has replaced its index, or somebody has closed them here."""


class Sibling:
    """A worker by its files; FileNotFoundError where they are gone, OSError where they cannot be read.

    What is read is copied, not mapped: no file that somebody cuts short can harm the reader.
    """

    def __init__(self, directory: int, worker: str) -> None:
        self.id = worker
        self._index_fd = os.open(worker + INDEX, READING, dir_fd=directory)
        try:
            self._slots_fd = os.open(worker + SLOTS, READING, dir_fd=directory)
        except OSError as error:
            is_dead = is_free(self._index_fd)
            os.close(self._index_fd)
            if isinstance(error, FileNotFoundError) and not is_dead:
                raise SpoiledError(f"worker {worker} lives, but its slot file is gone") from error
            raise
        self._fds = Descriptors(self)
        self._fds.add(self._index_fd)
        self._fds.add(self._slots_fd)
        self.index = IndexReader(self._index_fd)
        self._cells = ExemplarReader(self.index)
        self.is_alive = True
        self.is_seen = False  # whether the last look has seen all there is
        self._slots = b""
        self._size = 0
        self._sized = -1  # the version of the index that this is the size of
        # The user's own metrics of one that has children, and whether they have changed since it has.
        self._custom: list[tuple[int, bytes | None]] | None = None
        self._has_worked = False
        self._columns: list[Columns] = []
        self._measured: list[Run] = []
        self._planned: object = None
        self._exemplars: Mapping[FamilyDescription, Exemplars] = {}
        self._shown: object = None

    def close(self) -> None:
        """Let go of the files."""
        self._fds.close()

    def look(self, directory: int) -> None:
        """Take note of what is there now: whether it lives, its runs and its slots.

        Raises OSError, and RenewedError where its files are to be opened anew.
        """
        if self.is_seen and not self.is_alive:
            return
        self.is_seen = False
        if any(not is_ours(fd, known) for fd, known in self._fds.items()):
            raise RenewedError(f"somebody has closed the descriptors of worker {self.id}'s files")
        # Before the slots are read: what a dead process has written is all there then.
        if self.is_alive and is_free(self._index_fd):
            if not self._is_newest(directory):
                raise RenewedError(f"worker {self.id} has another index")
            self.is_alive = False
        self.index.follow()
        if self.index.version != self._sized:
            self._sized, self._size = self.index.version, self.index.end() * SLOT
        self._slots = os.pread(self._slots_fd, self._size, 0) if self._size else b""
        if self.index.is_parent and self.is_alive:
            self._note_work()
        self.is_seen = True
        if not self.is_alive:
            self._check_slots()
            self.close()  # there may be many of them before somebody can fold them

    def _check_slots(self) -> None:
        """Take the slots of a dead worker for lost, all of them, where they cannot be what it has counted."""
        for one in self._runs:
            found, kind = self.run(one), one.description.kind
            if found is not None and kind != "gauge" and not is_possible(found, is_timed=kind == "timed"):
                self._slots = b""
                self.index.spoiled += 1
                return

    def _is_newest(self, directory: int) -> bool:
        """Whether its index is still the one that was opened, or none."""
        try:
            there = os.stat(self.id + INDEX, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return True
        return os.path.samestat(there, os.fstat(self._index_fd))

    @property
    def is_over(self) -> bool:
        """Whether it is dead, and all that it has written was seen."""
        return not self.is_alive and self.is_seen and self.is_readable

    @property
    def is_readable(self) -> bool:
        """Whether it is of a format that this version reads."""
        return self.index.header is None or self.index.header.format == FORMAT

    @property
    def is_only_parent(self) -> bool:
        """Whether it seems to do nothing but look after its children, as a server's master does.

        A master that has imported an application has the application's own metrics, but never changes them.
        """
        return self.index.is_parent and not self._has_worked and not any(map(_is_of_a_worker, self._runs))

    @property
    def _runs(self) -> Collection[Run]:
        return self.index.runs.values()

    def _note_work(self) -> None:
        now = [(run.number, self.run(run)) for run in self._runs if run.description.section == "custom"]
        self._has_worked = self._has_worked or (self._custom is not None and now != self._custom)
        self._custom = now

    def run(self, run: Run) -> bytes | None:
        """The bytes of a run; None where the file was cut short of it."""
        begin = run.first * SLOT
        found = self._slots[begin : begin + run.description.length * SLOT]
        return found if len(found) == run.description.length * SLOT else None

    def counted(self, archive: Archive) -> dict[int, Run]:
        """The runs that count, by number."""
        return {
            number: run
            for number, run in self.index.runs.items()
            if (self.id, number) not in archive.void and self.run(run) is not None
        }

    def contribution(self, run: Run, archive: Archive) -> bytes | None:
        """What a run adds to what was there when its series was last reset, None for nothing."""
        found = self.run(run)
        baseline = archive.baselines.get((self.id, run.number))
        return found if baseline is None or found is None else above(run.description, found, baseline)

    def exemplars(self, archive: Archive, pace: Pace = unpaced) -> Mapping[FamilyDescription, Exemplars]:
        """Those of the runs that count, but for what was there when their series was last reset."""
        if not self.index.cells:
            return {}
        self._cells.look(self._slots, pace)
        shown = (self._cells.version, self.index.version, archive.generation, len(self._slots))
        if shown != self._shown:
            until = archive.hidden.items()
            hidden = {number: timestamp for (worker, number), timestamp in until if worker == self.id}
            self._exemplars = self._cells.families(self.counted(archive), hidden)
            self._shown = shown
        return self._exemplars

    def newest_exemplar(self, run: Run) -> float:
        """When the newest exemplar of a run has happened, in seconds since the epoch; -inf without any."""
        self._cells.look(self._slots, unpaced)
        return self._cells.newest(run.number)

    def readings(self, archive: Archive, pace: Pace = unpaced) -> list[FamilyReading]:
        """What it contributes to the families."""
        plan = (self.index.version, archive.generation, len(self._slots))
        if plan != self._planned:
            runs = self.counted(archive).values()
            self._columns = columns(run for run in runs if (self.id, run.number) not in archive.baselines)
            self._measured = [run for run in runs if (self.id, run.number) in archive.baselines]
            self._planned = plan
        plain = [family.read(self._slots, is_alive=self.is_alive, pace=pace) for family in self._columns]
        if self._measured:
            plain += starmap(reading_of, self._reset(archive).items())
        return shown(plain, self.exemplars(archive, pace))

    def _reset(self, archive: Archive) -> dict[FamilyDescription, dict[Labels, bytes]]:
        """What has come to the runs of series that were reset."""
        found: dict[FamilyDescription, dict[Labels, bytes]] = {}
        for run in self._measured:
            more = self.contribution(run, archive)
            if more is not None:
                if run.description.kind == "timed":
                    more = live(more) if self.is_alive else settled(more)
                found.setdefault(run.description, {})[run.labels] = more
        return found


def _is_of_a_worker(run: Run) -> bool:
    return run.description.section not in ("custom", "monitor")
