"""Mappings of files that hold no descriptor.

The module `mmap` keeps a descriptor of its own for each before Python 3.13, and closes its number in the end:
in a daemon, which has closed all it found, that is a socket of the user's.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import weakref
from functools import cache
from typing import Any

_MAP_FIXED = 0x10  # of Linux, macOS and the BSDs alike; the module `mmap` does not have it
_FAILED = ctypes.c_void_p(-1).value


class Mapping:
    """A part of the file behind `fd`, as float64 `slots`; OSError where it cannot be mapped.

    `offset` and `length` are in bytes, the first a multiple of `mmap.ALLOCATIONGRANULARITY`. It stays mapped
    as long as there is a view of `slots`.
    """

    def __init__(self, fd: int, offset: int, length: int) -> None:
        self._address = _map(None, length, mmap.MAP_SHARED, fd, offset)
        self._length = length
        # A class of its own: an array of ctypes itself cannot be followed.
        kind: Any = type("Memory", (ctypes.c_ubyte * length,), {})
        memory = kind.from_address(self._address)
        unmapping = weakref.finalize(memory, _library().munmap, self._address, length)
        # As long as a thread may write, this process lives.
        unmapping.atexit = False
        self.slots: memoryview[float] = memoryview(memory).cast("B").cast("d")

    def leave(self) -> None:
        """From now on this is memory of this process alone, zeroed, wherever there are views of it."""
        _map(self._address, self._length, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_FIXED, -1, 0)


def _map(address: int | None, length: int, flags: int, fd: int, offset: int) -> int:
    access = mmap.PROT_READ | mmap.PROT_WRITE
    found: int = _library().mmap(address, length, access, flags, fd, offset)
    if found == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return found


@cache
def _library() -> Any:
    """The C library; OSError or AttributeError where the system has none such."""
    library = ctypes.CDLL(None, use_errno=True)
    sizes = ctypes.c_void_p, ctypes.c_size_t
    library.mmap.argtypes = (*sizes, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
    library.mmap.restype = ctypes.c_void_p
    library.munmap.argtypes = sizes
    return library
