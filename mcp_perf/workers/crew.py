"""The workers of one directory, and what has become of the dead: one reading of all of them.

A reader takes no lock. It reads the archive, then the files, and begins again if the archive was replaced
meanwhile; since that replacement is the one moment at which anything moves from files to archive, each count
is read in one of the two places. Only who changes the archive holds a lock, and who does not get it leaves
that to the next.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbits

from .files import archive as archives
from .files.archive import Archive, OtherFormatError, SpoiledError
from .files.draft import Draft
from .files.litter import Litter
from .files.member import INDEX, UNBORN, Member
from .files.sibling import RenewedError, Sibling
from .system.locks import Alone
from .system.opening import listed
from .system.stillness import Stillness

_TRIES = 8
_NAP = 0.001, 0.004  # seconds, between the least and the most: a change takes some milliseconds
_FOLDED_AT_ONCE = 256


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
        self._litter = Litter(member.directory, fault)
        self.view: View | None = None  # what was there when somebody looked last, or has changed it
        self._stamp = b""
        self._archive = Archive()
        self._is_archive_ours = True
        self._has_unborn = False

    def look(self) -> View:
        """What is there now; raises OSError, and then the `view` stays what it was."""
        for _ in range(_TRIES):
            is_still = self._stillness.holds()
            if not is_still:
                with self._stillness.listing():
                    self._follow_archive()
                    self._list()
            self._look_at_siblings()
            if self._stillness.holds() if is_still else self._stamp == archives.stamp(self._directory):
                break
        self.view = View(self._archive, list(self._siblings.values()), self._is_archive_ours)
        return self.view

    def change(
        self, edit: Callable[[Draft, View], None] = lambda *_: None, patience: float | None = None
    ) -> bool:
        """Fold the dead of the `view` and have `edit` change what else it will: whether that was done.

        It is not for a fault, and where somebody else is at it or has been since: with `patience`, in
        seconds, it waits for that and looks again.
        """
        until = time.monotonic() + (patience or 0.0)
        try:
            while self.view is not None and self.view.is_archive_ours:
                right = Alone(self._directory)
                with right as is_alone:
                    if is_alone and patience is not None and not self._is_newest(self.view):
                        self.look()
                    if is_alone and self._is_newest(self.view):
                        self.view = self._changed(self.view, edit, right)
                        return True
                if patience is None or time.monotonic() >= until:
                    break
                time.sleep(random.uniform(*_NAP))
        except OSError as error:
            self._fault("fold", error)
        return False

    def archive(self) -> Archive:
        """The archive that is there now, without a look at the workers; raises OSError."""
        self._follow_archive()
        return self._archive

    def clean(self) -> None:
        """Remove what workers have left that died while they made their files, if there is any."""
        if self._has_unborn:
            self._litter.clean({self._member.id, *self._siblings})

    def close(self) -> None:
        """Let go of the siblings' files."""
        for sibling in self._siblings.values():
            sibling.close()
        self._siblings.clear()

    def _changed(self, view: View, edit: Callable[[Draft, View], None], right: Alone) -> View:
        dead = [one for one in view.siblings if one.is_over][:_FOLDED_AT_ONCE]
        draft = Draft(view.archive, self._max_series)
        draft.forget_folded(self._litter.remove_folded(view.archive.folded))
        for one in dead:
            draft.fold(one, view.archive)
        edit(draft, view)
        finished = draft.finished()
        archives.store(self._directory, finished, right.check)
        self._archive, self._stamp = finished, archives.stamp(self._directory)
        for one in dead:
            one.close()
            self._siblings.pop(one.id, None)
        self._litter.remove_folded(finished.folded)
        self._litter.remove({self._member.id, *self._siblings})
        return View(finished, [one for one in view.siblings if one not in dead])

    def _is_newest(self, view: View) -> bool:
        """Whether it has the archive that is there now, which may have been read since."""
        return view.archive is self._archive and archives.stamp(self._directory) == self._stamp

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
        names = listed(self._directory)
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
                self._fault("read", SpoiledError(f"worker {one.id} has left spoiled files"))
                one.index.spoiled = 0
