"""Directories that somebody uses: a lock shared by all who do, exclusive for who wants to remove one."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PATIENCE = 1.0  # seconds; who sweeps holds a lock for an instant


def hold(path: Path) -> int:
    """A descriptor of the directory with a shared lock on it, which others may hold too.

    FileNotFoundError where the directory goes meanwhile.
    """
    if fcntl is None:
        raise OSError(errno.ENOTSUP, "this system has no file locks", str(path))
    descriptor = open_directory(path)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _lock(descriptor, fcntl.LOCK_SH):
            if time.monotonic() > deadline:
                raise BlockingIOError(errno.EWOULDBLOCK, "the directory is locked", str(path))
            time.sleep(0.01)
        if not os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            raise FileNotFoundError(errno.ENOENT, "the directory is another one now", str(path))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def alone_in(directory: Path) -> Iterator[bool]:
    """Whether nobody else holds `directory` or one in it, and nobody can until the end."""
    if fcntl is None:
        yield False
        return
    with ExitStack() as stack:

        def take(path: str | Path) -> bool:
            descriptor = open_directory(path)
            stack.callback(os.close, descriptor)
            return _lock(descriptor, fcntl.LOCK_EX)

        yield take(directory) and all(take(below) for below in _below(directory))


def _below(directory: str | Path) -> Iterator[str]:
    """The directories in `directory`, and those in them: a service's, of each name, of each namespace."""
    with os.scandir(directory) as entries:
        found = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    for path in found:
        yield path
        yield from _below(path)


def open_directory(directory: str | Path, base: int | None = None) -> int:
    """A descriptor of a directory, in that behind `base` if one is given; never of what a link leads to."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(directory, flags, dir_fd=base)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
