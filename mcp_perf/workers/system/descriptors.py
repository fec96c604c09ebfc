"""Descriptors that may have become somebody else's: a daemon closes all it finds, ours among them."""

from __future__ import annotations

import contextlib
import errno
import os
import weakref

from .locks import let_go

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


class Descriptors(dict[int, Identity]):
    """Descriptors, which are closed when `owner` is no more, or by `close`.

    A lock on what is behind one goes then, too, unless this is a child: it is the parent's.
    """

    def __init__(self, owner: object) -> None:
        super().__init__()
        self._pid = os.getpid()
        self._finalizer = weakref.finalize(owner, _close_all, self)
        # Not at exit: as long as a thread may write, this process lives.
        self._finalizer.atexit = False

    def close(self) -> None:
        """Close all that are still ours; also while the process ends, when finalizers do nothing any more."""
        self._finalizer.detach()
        _close_all(self)

    def add(self, fd: int) -> int:
        """Have one more of them."""
        self[fd] = identity(fd)
        return fd

    def drop(self, fd: int) -> None:
        """Close one of them, if it is still ours."""
        known = self.pop(fd)
        with contextlib.suppress(OSError):
            check(fd, known)
            (let_go if os.getpid() == self._pid else os.close)(fd)


def _close_all(fds: Descriptors) -> None:
    while fds:
        fds.drop(next(iter(fds)))


def close_strays(name: str) -> None:
    """Close the descriptors of files whose names begin so: a fork has some that nobody has noted yet."""
    with contextlib.suppress(OSError):
        for fd in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                if os.path.basename(os.readlink(f"/proc/self/fd/{fd}")).startswith(name):
                    os.close(int(fd))
