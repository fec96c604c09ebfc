"""Locks on files, which the system lets go of when their holder dies, however it dies.

Where it has none of them, all raise OSError.
"""

from __future__ import annotations

import errno
import os

from ...storage.forks import follow

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_NAME = "lock"


def take(fd: int) -> bool:
    """Lock a file that is open here for this process alone; whether nobody else has it locked."""
    return _try(fd, exclusive=True)


def share(fd: int) -> bool:
    """Lock a file that is open here as others may too; whether nobody has it for himself alone."""
    return _try(fd, exclusive=False)


def is_free(fd: int) -> bool:
    """Whether nobody has the file locked for itself, which is to say that its owner is dead."""
    # A shared lock, so that all who ask at once are told so.
    if not share(fd):
        return False
    fcntl.flock(fd, fcntl.LOCK_UN)
    return True


def unlock(fd: int) -> None:
    """Let go of the lock on a file that is open here, also for a child that has it open since a fork."""
    if fcntl is not None:
        fcntl.flock(fd, fcntl.LOCK_UN)


def let_go(fd: int) -> None:
    """Unlock a file and close it."""
    try:
        unlock(fd)
    finally:
        os.close(fd)


class Alone:
    """The right to change a directory that workers share, for ``with``, which says whether it was had."""

    def __init__(self, directory: int) -> None:
        self._directory = directory
        self._fd: int | None = None

    def __enter__(self) -> bool:
        follow(self)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd = os.open(_NAME, flags, 0o600, dir_fd=self._directory)
        try:
            return take(self._fd)
        except BaseException:
            self.forked()
            raise

    def __exit__(self, *_: object) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            let_go(fd)

    def check(self) -> None:
        """OSError in a child that was forked in the midst, by a signal's handler."""
        if self._fd is None:
            raise ChildProcessError(errno.ECHILD, "it is the parent that changes the directory")

    def forked(self) -> None:
        """This is a child: the parent has the lock, and nobody once the parent has died."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def _try(fd: int, *, exclusive: bool) -> bool:
    if fcntl is None:
        raise OSError(errno.ENOTSUP, "this system has no file locks")
    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
