"""Locks on files, which the system lets go of when their holder dies, however it dies.

Where it has none of them, all raise OSError.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def alone(directory: int) -> Iterator[bool]:
    """The right to change a directory that workers share, if nobody has it now: whether it was had."""
    fd = os.open(_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600, dir_fd=directory)
    try:
        yield take(fd)
    finally:
        os.close(fd)


def _try(fd: int, *, exclusive: bool) -> bool:
    if fcntl is None:
        raise OSError(errno.ENOTSUP, "this system has no file locks")
    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
