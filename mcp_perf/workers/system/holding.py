"""Directories that somebody uses: a lock shared by all who do, exclusive for who wants to remove one."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .locks import let_go, share, take
from .opening import open_directory

_PATIENCE = 1.0  # seconds; who sweeps holds a lock for an instant


def hold(path: Path) -> int:
    """A descriptor of the directory with a shared lock on it, which others may hold too.

    FileNotFoundError where the directory goes meanwhile, OSError where the system has no locks.
    """
    descriptor = open_directory(path)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not share(descriptor):
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
    """Whether nobody else holds `directory` or one in it, and nobody can until the end; raises OSError."""
    with ExitStack() as stack:

        def is_taken(path: str | Path) -> bool:
            descriptor = open_directory(path)
            stack.callback(let_go, descriptor)
            return take(descriptor)

        yield is_taken(directory) and all(is_taken(below) for below in _below(directory))


def _below(directory: str | Path) -> Iterator[str]:
    """The directories in `directory`, and those in them: a service's, of each name, of each namespace."""
    with os.scandir(directory) as entries:
        found = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    for path in found:
        yield path
        yield from _below(path)
