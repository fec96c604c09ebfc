"""Mappings of files that hold no descriptor.

The module `mmap` keeps a descriptor of its own for each file before Python 3.13, and closes its number in the
end: in a daemon, which has closed all it found, that is a socket of the user's. So it has memory without a
file here, and the file is put there by the C library. It is unmapped when the last view goes, and not before:
what the garbage collector finds may still be writing.
"""

from __future__ import annotations

import errno
import mmap
import os
from functools import cache
from typing import Any

try:
    import ctypes
except ImportError:  # a Python without libffi
    ctypes = None  # type: ignore[assignment]

_MAP_FIXED = 0x10  # of Linux, macOS and the BSDs alike; the module `mmap` does not have it


class Mapping:
    """A part of the file behind `fd`, as float64 `slots`; OSError where it cannot be mapped.

    `offset` and `length` are in bytes, multiples of `mmap.ALLOCATIONGRANULARITY`. It stays mapped as long as
    there is a view of `slots`.
    """

    def __init__(self, fd: int, offset: int, length: int) -> None:
        if ctypes is None:
            raise OSError(errno.ENOTSUP, "this Python has no ctypes, which maps files")
        memory = mmap.mmap(-1, length)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        self._length = length
        self._put(mmap.MAP_SHARED, fd, offset)
        self.slots: memoryview[float] = memoryview(memory).cast("d")

    def leave(self) -> None:
        """From now on this is memory of this process alone, zeroed, wherever there are views of it."""
        self._put(mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)

    def _put(self, flags: int, fd: int, offset: int) -> None:
        """Have something else at its address."""
        access = mmap.PROT_READ | mmap.PROT_WRITE
        found = _library().mmap(self._address, self._length, access, flags | _MAP_FIXED, fd, offset)
        if found != self._address:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


@cache
def _library() -> Any:
    """The C library."""
    library = ctypes.CDLL(None, use_errno=True)
    sizes = ctypes.c_void_p, ctypes.c_size_t
    library.mmap.argtypes = (*sizes, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
    library.mmap.restype = ctypes.c_void_p
    return library
