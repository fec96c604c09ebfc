"""The workers of one directory, and what has become of the dead: one reading of all of them.

A reader takes no lock. It reads the archive, then the files, and begins again if the archive was replaced
meanwhile; since that replacement is the one moment at which anything moves from files to archive, each count
is read in one of the two places. Only who changes the archive holds a lock, and who does not get it leaves
that to the next.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from secrets import randbits

from . import archive as archives
from .archive import Archive, OtherFormatError, SpoiledError
from .draft import Draft
from .locks import READING, alone, is_free
from .member import INDEX, SLOTS, UNBORN, Member
from .sibling import RenewedError, Sibling
from .stillness import Stillness

_TRIES = 8
_FOLDED_AT_ONCE = 256
_BIRTH = 60.0  # seconds, in which whoever has made a file has written its first line


@dataclass(frozen=True)
class View:
    """What was there at one moment: the archive and the files of the others, the dead among them."""

    archive: Archive
    siblings: list[Sibling]
    is_archive_ours: bool = True


class Crew:
    """Reads the directory of `member`, which is this process in it, and changes the archive.

    `fault` is told of what could not be read or done: the doing, and the error.
    """

    def __init__(self, member: Member, max_series: int, fault: Callable[[str, Exception], None]) -> None:
        self._member = member
        self._directory = member.directory
        self._max_series = max_series
        self._fault = fault
        self._siblings: dict[str, Sibling] = {}
        self._stillness = Stillness(member.directory)
        self._stamp = b""
        self._archive = Archive()
        self._is_archive_ours = True
        self._has_unborn = False

    def look(self) -> View:
        """What is there now."""
        for _ in range(_TRIES):
            is_still = self._stillness.holds()
            if not is_still:
                with self._stillness.listing():
                    self._follow_archive()
                    self._list()
            self._look_at_siblings()
            if self._stillness.holds() if is_still else self._stamp == archives.stamp(self._directory):
                break
        return View(self._archive, list(self._siblings.values()), self._is_archive_ours)

    def change(self, view: View, edit: Callable[[Draft], None] = lambda _: None) -> View | None:
        """Fold the dead and have `edit` change what else it will: the view after that.

        None where it was not done, because somebody else is at it or has been since `view`, or for a fault.
        """
        if not view.is_archive_ours:
            return None
        try:
            with alone(self._directory) as is_alone:
                if not is_alone or archives.stamp(self._directory) != self._stamp:
                    return None
                return self._changed(view, edit)
        except OSError as error:
            self._fault("fold", error)
            return None

    def clean(self) -> None:
        """Remove what workers have left that died while they made their files, if there is any."""
        if self._has_unborn:
            try:
                with alone(self._directory) as is_alone:
                    if is_alone:
                        self._remove_litter()
            except OSError as error:
                self._fault("remove", error)

    def close(self) -> None:
        """Let go of the siblings' files."""
        for sibling in self._siblings.values():
            sibling.close()
        self._siblings.clear()

    def _changed(self, view: View, edit: Callable[[Draft], None]) -> View:
        dead = [one for one in view.siblings if one.is_over][:_FOLDED_AT_ONCE]
        draft = Draft(view.archive, self._max_series)
        draft.forget_folded(self._removed(view.archive.folded))
        for one in dead:
            draft.fold(one, view.archive)
        edit(draft)
        finished = draft.finished()
        archives.store(self._directory, finished)
        self._archive, self._stamp = finished, archives.stamp(self._directory)
        for one in dead:
            one.close()
            del self._siblings[one.id]
        self._removed(finished.folded)
        self._remove_litter()
        return View(finished, [one for one in view.siblings if one not in dead])

    def _removed(self, ids: Iterable[str]) -> list[str]:
        """Remove the files of the folded; gives those of whom nothing is left."""
        gone = []
        for worker in ids:
            # The index last: as long as it is there the rest is known to belong to somebody.
            for name in (worker + SLOTS, worker + INDEX):
                try:
                    os.unlink(name, dir_fd=self._directory)
                except FileNotFoundError:
                    pass
                except OSError as error:
                    self._fault("remove", error)
                    break
            else:
                gone.append(worker)
        return gone

    def _missed(self, error: Exception) -> None:
        """One worker's files cannot be read: that worker is left out, this time."""
        self._stillness.end()
        if not isinstance(error, FileNotFoundError):  # folded just now, or left half removed
            self._fault("read", error)

    def _look_at(self, sibling: Sibling) -> None:
        try:
            sibling.look(self._directory)
        except RenewedError:
            sibling.close()
            del self._siblings[sibling.id]
            self._siblings[sibling.id] = renewed = Sibling(self._directory, sibling.id)
            renewed.look(self._directory)

    def _remove_litter(self) -> None:
        """Remove what is left of workers that died while they made their files, or were meddled with."""
        names = os.listdir(self._directory)
        ids = {name.rpartition(".")[0] for name in names if name.endswith((UNBORN, SLOTS, INDEX))}
        for worker in ids - {archives.NAME, self._member.id, *self._siblings}:
            with contextlib.suppress(OSError):
                if self._is_litter(worker):
                    for name in (worker + SLOTS, worker + UNBORN, worker + INDEX):
                        with contextlib.suppress(FileNotFoundError):
                            os.unlink(name, dir_fd=self._directory)

    def _is_litter(self, worker: str) -> bool:
        # In the order of a birth, so that one that goes on meanwhile is seen in one place or the other.
        for name in (worker + UNBORN, worker + INDEX):
            try:
                fd = os.open(name, READING, dir_fd=self._directory)
            except FileNotFoundError:
                continue
            try:
                found = os.fstat(fd)
                # Before its first line it is not locked yet, for an instant.
                is_born = found.st_size > 0 or found.st_mtime < time.time() - _BIRTH
                return is_born and is_free(fd) and not self._has_slots(name, worker)
            finally:
                os.close(fd)
        return True

    def _has_slots(self, name: str, worker: str) -> bool:
        """Whether there is something to fold."""
        if name.endswith(UNBORN):
            return False
        try:
            os.stat(worker + SLOTS, dir_fd=self._directory)
        except FileNotFoundError:
            return False
        return True

    def _follow_archive(self) -> None:
        stamp = archives.stamp(self._directory)
        if stamp != self._stamp:
            self._is_archive_ours = True
            try:
                self._archive = archives.load(self._directory)
            except OtherFormatError as error:
                self._archive, self._is_archive_ours = Archive(), False
                self._fault("format", error)
            except SpoiledError as error:
                self._archive = Archive(generation=randbits(40))
                self._fault("archive", error)
            self._stamp = stamp

    def _list(self) -> None:
        names = os.listdir(self._directory)
        self._has_unborn = any(name.endswith(UNBORN) and name != archives.TEMPORARY for name in names)
        ids = {name.removesuffix(INDEX) for name in names if name.endswith(INDEX)}
        ids -= {self._member.id, *self._archive.folded}
        for worker in set(self._siblings) - ids:
            self._siblings.pop(worker).close()
        for worker in sorted(ids - set(self._siblings)):
            try:
                self._siblings[worker] = Sibling(self._directory, worker)
            except Exception as error:
                self._missed(error)

    def _look_at_siblings(self) -> None:
        for one in list(self._siblings.values()):
            try:
                self._look_at(one)
            except Exception as error:
                self._missed(error)
        for one in self._siblings.values():
            if not one.is_readable:
                self._fault("format", OtherFormatError(f"worker {one.id} writes files of another version"))
            elif one.index.spoiled:
                self._fault("read", SpoiledError(f"{one.index.spoiled} lines of worker {one.id}'s index"))
                one.index.spoiled = 0
