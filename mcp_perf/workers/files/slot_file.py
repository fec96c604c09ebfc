"""The slot file of one worker: float64 slots that it maps into its memory, and siblings read.

Space on the disk is had before it is mapped, so that a full disk is an error here and not a signal at the
first write. The file grows in steps, each mapped by itself, so that what was given out stays where it is.
"""

from __future__ import annotations

import errno
import mmap
import os
from array import array
from collections.abc import Iterator, Sequence

from ...storage.column import Columns, are_near, column
from ...storage.slots import Slots
from ..system.descriptors import check, identity
from ..system.mapping import Mapping

SLOT = 8
_FIRST_STEP = 1 << 16
_EVEN_STEP = 1 << 20
# What a file system or a C library says that cannot allocate by itself.
_NOT_OFFERED = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.ENODEV}


class SlotFile:
    """Gives out runs of the file behind `fd`, empty at first; raises OSError where it cannot grow."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._identity = identity(fd)
        self._size = 0
        self._maps: list[Mapping] = []
        self._open: memoryview[float] = memoryview(array("d"))  # what is left of the last step
        self._next = 0  # the slot that it begins with
        self._free: dict[int, list[tuple[int, Slots]]] = {}

    def take(self, length: int) -> tuple[int, Slots]:
        """The first slot of a run of `length` zeroed slots, and the run."""
        free = self._free.get(length)
        if free:
            return free.pop()
        if length > len(self._open):
            self._grow(length)
        first, run = self._next, self._open[:length]
        self._next += length
        self._open = self._open[length:]
        return first, run

    def give_back(self, first: int, run: Slots) -> None:
        """A run that nobody writes to or reads any more."""
        for slot in range(len(run)):
            run[slot] = 0.0
        self._free.setdefault(len(run), []).append((first, run))

    def columns(self, firsts: Sequence[int], length: int) -> Columns | None:
        """What reads the runs of `length` slots that begin there; None where they are far from each other."""
        if len(firsts) < 2 or not are_near([first // length for first in firsts]):
            return None
        low, high = min(firsts), max(firsts) + length
        steps = [
            step[max(low - first, 0) : high - first]
            for step, first in self._steps()
            if first < high and low < first + len(step)
        ]
        read = [column([first - low + slot for first in firsts]) for slot in range(length)]
        if len(steps) == 1:
            (memory,) = steps
            return lambda slot, _: read[slot](memory)
        return lambda slot, _: read[slot](memoryview(b"".join(steps)).cast("d"))

    def _steps(self) -> Iterator[tuple[memoryview[float], int]]:
        """What is mapped, with its first slot."""
        first = 0
        for one in self._maps:
            yield one.slots, first
            first += len(one.slots)

    def leave_to_parent(self) -> None:
        """This is a fork: from now on what was mapped is this process's own, and nobody reads it.

        Whoever has begun something in the parent may end it here, and would write into the parent's slots.
        """
        for one in self._maps:
            one.leave()

    def _grow(self, length: int) -> None:
        # In proportion: a process may have so many maps only.
        share = max(min(self._size, _EVEN_STEP), self._size // 4)
        step = _rounded(max(_FIRST_STEP, share, length * SLOT))
        check(self._fd, self._identity)
        _allocate(self._fd, self._size, step)
        mapping = Mapping(self._fd, self._size, step)
        self._maps.append(mapping)
        self._open = mapping.slots
        self._next = self._size // SLOT
        self._size += step


def _rounded(size: int) -> int:
    return -(-size // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY


def _allocate(fd: int, offset: int, length: int) -> None:
    """Have `length` bytes of disk from `offset` on; where that fails the file is as before."""
    try:
        try:
            os.posix_fallocate(fd, offset, length)
        except (AttributeError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in _NOT_OFFERED:
                raise
            _write_zeros(fd, offset, length)
        if os.fstat(fd).st_size < offset + length:
            raise OSError("a slot file did not grow")
    except OSError:
        os.ftruncate(fd, offset)
        raise


def _write_zeros(fd: int, offset: int, length: int) -> None:
    zeros = bytes(_FIRST_STEP)
    while length:
        written = os.pwrite(fd, zeros[:length], offset)
        offset += written
        length -= written
