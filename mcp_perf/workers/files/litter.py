"""Litter: what workers have left in a directory that nobody folds, since there is nothing in it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterable

from ..system.locks import Alone, is_free
from ..system.opening import READING, listed
from .archive import NAME
from .member import INDEX, SLOTS, UNBORN

_BIRTH = 60.0  # seconds, in which whoever has made a file has written its first line


class Litter:
    """Removes what need not be kept in the directory behind a descriptor.

    `fault` is told of what could not be done: the doing, and the error.
    """

    def __init__(self, directory: int, fault: Callable[[str, Exception], None]) -> None:
        self._directory = directory
        self._fault = fault

    def remove_folded(self, ids: Iterable[str]) -> list[str]:
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

    def clean(self, known: Collection[str]) -> None:
        """As `remove`, if nobody else changes the directory now."""
        try:
            with Alone(self._directory) as is_alone:
                if is_alone:
                    self.remove(known)
        except OSError as error:
            self._fault("remove", error)

    def remove(self, known: Collection[str]) -> None:
        """Remove what is left of workers that died while they made their files, or were meddled with.

        The workers in `known` are left alone. Raises OSError.
        """
        names = listed(self._directory)
        ids = {name.rpartition(".")[0] for name in names if name.endswith((UNBORN, SLOTS, INDEX))}
        for worker in ids - {NAME, *known}:
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
