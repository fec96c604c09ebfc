"""Descriptors that may have become somebody else's: a daemon closes all it finds, ours among them."""

from __future__ import annotations

import contextlib
import errno
import os

Identity = tuple[int, int]  # device and inode


def identity(fd: int) -> Identity:
    """What tells the open file from every other one."""
    return identity_of(os.fstat(fd))


def identity_of(status: os.stat_result) -> Identity:
    """What tells the file of that status from every other one."""
    return status.st_dev, status.st_ino


def check(fd: int, known: Identity) -> None:
    """OSError where the descriptor is closed, or another file's."""
    if identity(fd) != known:
        raise OSError(errno.EBADF, "somebody has closed our descriptor, and it is another file's now")


def is_ours(fd: int, known: Identity) -> bool:
    """Whether the descriptor is still that file's."""
    try:
        return identity(fd) == known
    except OSError:
        return False


def close(fd: int, known: Identity) -> None:
    """Close the descriptor if it is still ours."""
    with contextlib.suppress(OSError):
        check(fd, known)
        os.close(fd)
