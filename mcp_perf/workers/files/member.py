"""The files of this process, by which siblings read it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...registry.description import FamilyDescription
from ...registry.exemplar import Exemplar
from ...storage.column import Columns
from ...storage.forks import follow
from ...storage.records import frozen
from ...storage.slots import Slots
from ..system.descriptors import Descriptors, check, close_strays, identity, identity_of, is_ours
from ..system.holding import hold
from ..system.locks import take
from .cells import ExemplarCells
from .index import Header, IndexWriter, Run
from .slot_file import SlotFile

INDEX = ".index"
SLOTS = ".slots"
UNBORN = ".new"
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


@dataclass(frozen=True)
class Given:
    """A run that was given out."""

    run: Run
    slots: Slots


class Member:
    """This process in a directory: its index, locked as long as it lives, and its slot file.

    Raises OSError where they cannot be made, and then leaves nothing behind.
    """

    def __init__(self, directory: Path, header: Header) -> None:
        self.header = header
        self.id = f"{header.pid}-{secrets.token_hex(6)}"
        self.path = directory
        self.directory = hold(directory)
        self._name, self._home = str(directory), identity(self.directory)
        self._given: dict[int, Given] = {}
        self._is_parent = False
        self._fds = Descriptors(self)
        self._fds.add(self.directory)
        self._is_made = self._is_opening = False
        follow(self)
        try:
            self._create()
        except OSError:
            self._remove()
            raise

    def _create(self) -> None:
        # Locked before it has its name: nobody finds an index that its living owner has not locked.
        self._index_fd = self._open(self.id + UNBORN)
        if not take(self._index_fd):
            raise BlockingIOError(errno.EWOULDBLOCK, "somebody else has locked the index")
        self._index = IndexWriter(self._index_fd, self.header)
        self._slots = SlotFile(self._open(self.id + SLOTS))
        self._cells = ExemplarCells(self._slots)
        os.rename(self.id + UNBORN, self.id + INDEX, src_dir_fd=self.directory, dst_dir_fd=self.directory)
        self._is_made = True

    def _renew_index(self) -> None:
        """Replace the index by one without the runs that were taken back."""
        fd = self._open(self.id + UNBORN)
        try:
            if not take(fd):
                raise BlockingIOError(errno.EWOULDBLOCK, "somebody else has locked the index")
            index = IndexWriter(fd, self.header)
            if self._is_parent:
                index.note_children()
            runs = (given.run for given in self._given.values())
            index.begin_with(runs, self._cells.cells(), self._index.next)
            os.rename(self.id + UNBORN, self.id + INDEX, src_dir_fd=self.directory, dst_dir_fd=self.directory)
        except OSError:
            self._fds.drop(fd)
            with contextlib.suppress(OSError):
                os.unlink(self.id + UNBORN, dir_fd=self.directory)
            raise
        # Only now the lock of the old one goes: who finds it free sees that there is another.
        self._fds.drop(self._index_fd)
        self._index, self._index_fd = index, fd

    def _open(self, name: str) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._is_opening = True
        try:
            return self._fds.add(os.open(name, flags, 0o600, dir_fd=self.directory))
        finally:
            self._is_opening = False

    def _remove(self) -> None:
        for name in (self.id + SLOTS, self.id + UNBORN, self.id + INDEX):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=self.directory)
        self.close()

    def close(self) -> None:
        """Leave the files to whoever folds them."""
        self._fds.close()

    def give(self, description: FamilyDescription, labels: tuple[str, ...]) -> tuple[int, Slots]:
        """The number of a run of zeroed slots, and the run; OSError where there is no room."""
        first, slots = self._slots.take(description.length)
        try:
            number = self._index.give(description, labels, first)
        except OSError:
            self._slots.give_back(first, slots)
            raise
        self._given[number] = Given(Run(number, description, labels, first), slots)
        return number, slots

    def exemplify(self, number: int, bucket: int, exemplar: Exemplar | None) -> None:
        """Have siblings see the exemplar of a bucket of a run, or none; OSError where there is no room."""
        if exemplar is None:
            self._cells.drop(self._index, number, bucket)
        else:
            self._cells.put(self._index, number, bucket, exemplar)

    def hide_exemplars(self, number: int) -> None:
        """Have siblings see none of a run."""
        self._cells.clear(number)

    def given(self) -> Mapping[int, Given]:
        """The runs that are in use, by number."""
        return dict(self._given)  # another thread may be given one meanwhile

    def run(self, number: int) -> Given:
        """One of them."""
        return self._given[number]

    def read(self, number: int) -> bytes:
        """The bytes of a run as it is now."""
        given = self._given[number]
        return frozen(given.slots, given.run.description.length)

    def columns(self, numbers: Sequence[int], length: int) -> Columns | None:
        """What reads these runs of `length` slots; None where that is no quicker than one by one."""
        return self._slots.columns([self._given[number].run.first for number in numbers], length)

    def take_back(self, number: int) -> None:
        """A run that nobody writes to any more and nobody counts; OSError: it stays what it was."""
        self._index.free(number)
        given = self._given.pop(number)
        self._cells.free(number)
        self._slots.give_back(given.run.first, given.slots)

    def shorten(self) -> None:
        """Have the index say less of runs that were taken back, if it is long; OSError: it stays as it is."""
        if self._index.is_long:
            self._renew_index()

    def note_children(self) -> None:
        """This process is about to have children."""
        if not self._is_parent:
            self._is_parent = True
            self._index.note_children()

    def is_at_home(self) -> bool:
        """Whether the directory that it is in is still the one at its path, as far as that can be told."""
        try:
            there = os.stat(self._name)
            index = os.stat(self.id + INDEX, dir_fd=self.directory)
        except OSError as error:
            # Who may not look, or cannot for once, does not know that anything is gone.
            return error.errno not in _GONE and is_ours(self.directory, self._home)
        return identity_of(there) == self._home and identity_of(index) == self._fds[self._index_fd]

    @property
    def is_taken_for_dead(self) -> bool:
        """Whether it has lost its lock: siblings count what is in its files as a dead worker's."""
        try:
            is_there = identity_of(os.stat(self._name)) == self._home
        except OSError:
            return False
        return is_there and not is_ours(self._index_fd, self._fds[self._index_fd])

    def withdraw(self) -> None:
        """Have nothing in the files count, wherever they are now: it is counted elsewhere."""
        with contextlib.suppress(OSError):
            check(self._index_fd, self._fds[self._index_fd])
            os.ftruncate(self._index_fd, 0)
        with contextlib.suppress(OSError):
            check(self.directory, self._home)
            for name in (self.id + SLOTS, self.id + INDEX):
                os.unlink(name, dir_fd=self.directory)

    def forked(self) -> None:
        """This is a fork: these are the parent's files, also where it has just begun to make them."""
        if self._is_made:
            self._slots.leave_to_parent()
        self.close()
        if self._is_opening:
            close_strays(self.id)
