"""Pages in files that siblings read, as long as there is a directory for them; in heap memory else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..registry.description import FamilyDescription
from ..registry.distribution import Value
from ..registry.exemplar import Exemplar
from ..registry.pages import HeapPages, Late
from ..registry.series import Series
from ..registry.snapshot import FamilyReading
from ..storage.column import Columns, one_by_one
from ..storage.slots import Slots
from .census import Census
from .files.archive import Archive
from .files.index import Header
from .files.member import Member
from .pause import Pause
from .retired import RetiredRuns

_LONGEST_PAUSE = 30.0  # seconds, in which nobody tries to write after several faults


class SharedPages:
    """Runs in the files of this process.

    `place` gives the directory, None as long as this process is taken for the only one; OSError or ValueError
    for a fault. `header` gives what the files say of the process; `joined` is told when they are there.
    `fault` is told of what could not be done: the doing, and the error. `now` gives seconds.
    """

    def __init__(
        self,
        place: Callable[[], Path | None],
        header: Callable[[], Header],
        joined: Callable[[Member], None],
        fault: Callable[[str, Exception], None],
        now: Callable[[], float],
    ) -> None:
        self.member: Member | None = None
        self._census: Census | None = None
        self.in_heap = False  # whether a run may be there
        self.retired = RetiredRuns(now)
        self._place = place
        self._header = header
        self._joined = joined
        self._fault = fault
        self._now = now
        self._heap = HeapPages(now)
        self._numbers: dict[int, int] = {}
        self._pause = Pause(_LONGEST_PAUSE)

    def has_room(self, description: FamilyDescription, labels: tuple[str, ...], most: int) -> bool:
        """Whether one more series is one of at most `most` of its metric, with all workers and the dead."""
        try:
            self.join()
        except Exception:  # `allocate` finds the same, and tells of it
            return True
        try:
            return self._census is None or self._census.has_room(description, labels, most)
        except Exception as error:
            self._fault("read", error)
            return True

    def allocate(self, description: FamilyDescription, labels: tuple[str, ...]) -> Slots:
        """A run of zeroed float64 slots."""
        try:
            member = self.join()
            if member is not None and self.is_open:
                number, slots = member.give(description, labels)
                self._numbers[id(slots)] = number
                self._pause.end()
                if self._census is not None:
                    self._census.note(description, labels)
                return slots
        except Exception as error:
            self.pause()
            self._fault("write", error)
        self.in_heap = True
        return self._heap.allocate(description, labels)

    def columns(self, runs: Sequence[Slots]) -> Columns:
        """What reads these runs, at once where they lie in the files side by side."""
        numbers = [number for run in runs if (number := self._numbers.get(id(run))) is not None]
        found = None
        if self.member is not None and numbers and len(numbers) == len(runs):
            found = self.member.columns(numbers, len(runs[0]))
        return found if found is not None else one_by_one(runs)

    @property
    def is_open(self) -> bool:
        """Whether there may be room in the files."""
        return self.member is not None and not self._pause.is_on

    def join(self) -> Member | None:
        """The files of this process, made now if there is a place for them; raises OSError or ValueError."""
        if self.member is None and not self._pause.is_on:
            directory = self._place()
            if directory is not None:
                self.member = Member(directory, self._header())
                self._census = Census(self.member, self._now)
                self._joined(self.member)
        return self.member

    def is_shared(self, slots: Slots) -> bool:
        """Whether siblings see what is written there."""
        return id(slots) in self._numbers

    def exemplify(self, slots: Slots, bucket: int, exemplar: Exemplar | None) -> None:
        """Have siblings see it, if there is room for it in the files."""
        number = self._numbers.get(id(slots))
        if number is None or self.member is None or not self.is_open:
            return
        try:
            self.member.exemplify(number, bucket, exemplar)
        except Exception as error:
            self.pause()
            self._fault("write", error)

    def retire(self, description: FamilyDescription, series: Series, then: Value | None) -> None:
        """Keep the run as long as somebody may write to it."""
        number = self._numbers.pop(id(series.slots), None)
        if number is None or self.member is None:
            self._heap.retire(description, series, then)
        else:
            given = self.member.run(number)
            self.member.hide_exemplars(number)
            if self._census is not None:
                self._census.forget(description, series.labels)
            self.retired.add(number, given, counts=then is not None)

    def settle(self) -> list[Late]:
        """What came late to runs in the heap; those in files are the archive's to settle."""
        return self._heap.settle()

    def late(self, archive: Archive) -> Sequence[FamilyReading]:
        """What retired runs still contribute."""
        return self.retired.late(self.member, archive) if self.member is not None else ()

    def free(self, numbers: Iterable[int]) -> None:
        """Have runs used again that nobody writes to and nobody counts any more; OSError where some stay."""
        if self.member is not None:
            for number in numbers:
                if number in self.retired:
                    self.member.take_back(number)
                    del self.retired[number]
            self.member.shorten()

    def pause(self) -> None:
        """Leave the directory in peace for a while, after a fault."""
        self._pause.begin()

    def leave(self) -> None:
        """Give up the files: the directory is not there any more."""
        if self.member is not None:
            self.member.close()
        if self._census is not None:
            self._census.close()
        self.member = self._census = None
        self.in_heap = True
        self.retired.clear()
        self._numbers.clear()

    def forked(self) -> None:
        """This is a fork: the files are the parent's."""
        self._pause.end()
        self.leave()
        self.in_heap = False
        self._heap.forked()
