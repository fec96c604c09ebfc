"""Leadership: the right of one process of several to do what one does for all, which ends with its life."""

from __future__ import annotations

import os

from ...storage.forks import follow
from .descriptors import Descriptors
from .locks import take

_NAME = "leader"
_OPENING = os.O_RDWR | os.O_CREAT
for _flag in ("O_CLOEXEC", "O_NOFOLLOW"):
    _OPENING |= getattr(os, _flag, 0)


class Leadership:
    """That of the directory behind a descriptor."""

    def __init__(self, directory: int) -> None:
        self._directory = directory
        self._fds = Descriptors(self)
        follow(self)

    def is_mine(self) -> bool:
        """Whether this process has it, or gets it now; raises OSError."""
        if self._fds:
            return True
        fd = self._fds.add(os.open(_NAME, _OPENING, 0o600, dir_fd=self._directory))
        try:
            is_taken = take(fd)
        except OSError:
            self._fds.drop(fd)
            raise
        if not is_taken:
            self._fds.drop(fd)
        return is_taken

    def leave(self) -> None:
        """Let another process have it; a child that leaves takes nothing from its parent."""
        self._fds.close()
        self._fds = Descriptors(self)

    def forked(self) -> None:
        """This is a child: it is the parent's."""
        self.leave()
