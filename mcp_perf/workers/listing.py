"""Listing a directory that others list at the same time."""

from __future__ import annotations

import os

from .holding import open_directory


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
