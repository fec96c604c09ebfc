"""Opening what others may replace at any time, and listing what they fill."""

from __future__ import annotations

import os

# Whatever somebody has put there, opening it neither follows a link nor waits for a writer.
READING = os.O_RDONLY
for _flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"):
    READING |= getattr(os, _flag, 0)  # Windows has none of them
_DIRECTORY = READING | getattr(os, "O_DIRECTORY", 0)


def open_directory(directory: str | os.PathLike[str], base: int | None = None) -> int:
    """A descriptor of a directory, in that behind `base` if one is given; raises OSError."""
    return os.open(directory, _DIRECTORY, dir_fd=base)


def listed(directory: int) -> list[str]:
    """The names in the directory behind a descriptor; raises OSError.

    Read by a description of its own: all who share one, threads and children too, share the place where the
    next name is read.
    """
    own = open_directory(".", directory)
    try:
        return os.listdir(own)
    finally:
        os.close(own)
