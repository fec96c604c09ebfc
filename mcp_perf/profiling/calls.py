"""System calls: in which one a thread of this process is, where Linux tells it."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

# The number of the call in which a thread waits for a lock, or for the interpreter. On other machines nothing
# is known.
_FUTEX = {"x86_64": b"202", "aarch64": b"98"}
_FILE = b"/proc/self/task/%d/syscall"
_TIMEOUT = 4  # the field in which a futex has its timeout
_NONE = b"0x0"
_LENGTH = 256


class Calls:
    """Tells them without giving up the interpreter meanwhile, as `os.read` would.

    So what is seen of one thread is of the same moment as what is seen of all others, and none of them
    is let in between, whose turn would have to be waited for each time.
    """

    def __init__(self) -> None:
        self._futex = _FUTEX.get(platform.machine()) if sys.platform.startswith("linux") else None
        self._c: Any = None
        if self._futex is None:
            return
        try:
            # Not before somebody looks: most never do.
            import ctypes

            self._c = ctypes.PyDLL(None)
            self._buffer = ctypes.create_string_buffer(_LENGTH)
        except (ImportError, OSError):
            return
        # In some containers there is no such file.
        if self._read(os.getpid()) is None:
            self._c = None

    @property
    def are_told(self) -> bool:
        """Whether anything is."""
        return self._c is not None

    def waits(self, native: int) -> tuple[bool, bool] | None:
        """Whether the thread of that number waits in a call, and whether for a lock, without a timeout.

        None where that is not told. Who wants the interpreter does not wait: that is a lock with a timeout.
        """
        call = self._read(native) if self._c is not None else None
        if call is None:
            return None
        if call[0] == self._futex:
            is_lock = len(call) > _TIMEOUT and call[_TIMEOUT] == _NONE
            return is_lock, is_lock
        return call[0].isdigit(), False

    def _read(self, native: int) -> list[bytes] | None:
        fd = self._c.open(_FILE % native, os.O_RDONLY | os.O_CLOEXEC)
        if fd < 0:  # it has ended
            return None
        length = self._c.read(fd, self._buffer, _LENGTH)
        self._c.close(fd)
        return self._buffer.raw[:length].split(b" ") if length > 0 else None
