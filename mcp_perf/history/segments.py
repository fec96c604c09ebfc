"""Segments: where frames are kept, in memory or in files that workers share.

A segment is records one after another, each with its length and its CRC32 in front; what is behind the last
good one was cut off when its writer died, and does not count.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from struct import Struct
from typing import Protocol
from zlib import crc32

from ..workers.system.descriptors import Descriptors
from ..workers.system.opening import READING, listed, open_directory

_HEAD = Struct("<II")  # length, CRC32
_WRITING = os.O_WRONLY | os.O_CREAT | os.O_APPEND
for _flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"):
    _WRITING |= getattr(os, _flag, 0)


class Store(Protocol):
    """Where segments are; every method raises OSError where it cannot do what it is asked."""

    def sizes(self) -> dict[str, int]:
        """The size of each segment, in bytes, by name."""

    def read(self, name: str) -> bytes:
        """What is in a segment; nothing where there is none."""

    def append(self, name: str, data: bytes, at: int) -> None:
        """Add to a segment, all or nothing, which is OSError where it has not that size."""

    def cut(self, name: str, size: int) -> None:
        """Have no more than the first `size` bytes of a segment."""

    def remove(self, name: str) -> None:
        """Have that segment no more."""


class MemoryStore:
    """Segments of a process that is alone."""

    def __init__(self) -> None:
        self._segments: dict[str, bytes] = {}

    def sizes(self) -> dict[str, int]:
        """See `Store`."""
        return {name: len(data) for name, data in list(self._segments.items())}

    def read(self, name: str) -> bytes:
        """See `Store`."""
        return self._segments.get(name, b"")

    def append(self, name: str, data: bytes, at: int) -> None:
        """See `Store`."""
        before = self._segments.get(name, b"")
        _check(len(before), at)
        self._segments[name] = before + data

    def cut(self, name: str, size: int) -> None:
        """See `Store`."""
        self._segments[name] = self._segments.get(name, b"")[:size]

    def remove(self, name: str) -> None:
        """See `Store`."""
        self._segments.pop(name, None)

    def move(self, other: Store) -> None:
        """Have all segments there instead; raises OSError, and what is not there yet is here."""
        for name, data in list(self._segments.items()):
            if not other.sizes().get(name):
                other.append(name, data, 0)
            del self._segments[name]


class FileStore:
    """Segments as files in the directory `name`, made if need be, in that behind the descriptor `parent`."""

    def __init__(self, parent: int, name: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
        self.directory = open_directory(name, parent)
        self._fds = Descriptors(self)
        self._fds.add(self.directory)

    def sizes(self) -> dict[str, int]:
        """See `Store`."""
        found = {}
        for name in listed(self.directory):
            with contextlib.suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=self.directory, follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    found[name] = status.st_size
        return found

    def read(self, name: str) -> bytes:
        """See `Store`."""
        try:
            fd = os.open(name, READING, dir_fd=self.directory)
        except FileNotFoundError:
            return b""
        with os.fdopen(fd, "rb") as file:
            return file.read()

    def append(self, name: str, data: bytes, at: int) -> None:
        """See `Store`."""
        fd = os.open(name, _WRITING, 0o600, dir_fd=self.directory)
        try:
            size = os.fstat(fd).st_size
            _check(size, at)
            try:
                while data:
                    data = data[os.write(fd, data) :]
            except OSError:
                os.ftruncate(fd, size)
                raise
        finally:
            os.close(fd)

    def cut(self, name: str, size: int) -> None:
        """See `Store`."""
        fd = os.open(name, _WRITING, 0o600, dir_fd=self.directory)
        try:
            os.ftruncate(fd, size)
        finally:
            os.close(fd)

    def remove(self, name: str) -> None:
        """See `Store`."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.directory)


def _check(size: int, at: int) -> None:
    """OSError where a segment is not as its writer has left it."""
    if size != at:
        raise OSError(errno.ESTALE, "somebody else has changed the history")


def record(payload: bytes) -> bytes:
    """A record of these bytes."""
    return _HEAD.pack(len(payload), crc32(payload)) + payload


def records(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The good records from the beginning of a segment, each with the place where it ends."""
    place = 0
    while place + _HEAD.size <= len(data):
        length, crc = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        payload = data[place : place + length]
        if len(payload) != length or crc32(payload) != crc:
            return
        place += length
        yield payload, place
