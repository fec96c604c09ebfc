"""Activity: which threads work, and which only wait."""

from __future__ import annotations

import os
import platform
import sys
import time
from types import FrameType

from .origins import is_of_python

# A thread that has worked for less than this share of the time since the last look waits.
_SHARE = 0.02
# Functions of the standard library in which a thread waits, by the end of their file.
_WAITS = {
    "threading.py": {"wait", "acquire", "join", "_wait_for_tstate_lock"},
    "queue.py": {"get", "put", "join"},
    "selectors.py": {"select"},
    "socket.py": {"accept", "connect", "readinto"},
    "ssl.py": {"read", "recv", "recv_into", "do_handshake"},
    "subprocess.py": {"wait", "_wait", "_try_wait", "communicate"},
    "thread.py": {"_worker"},  # of concurrent.futures
    "connection.py": {"_recv", "wait", "poll"},  # of multiprocessing
    "socketserver.py": {"serve_forever"},
}
_LINUX = sys.platform.startswith("linux")
# The number of the system call in which a thread waits for a lock: that of the interpreter, too, so that it
# says nothing. On other machines nothing is known.
_FUTEX = {"x86_64": b"202", "aarch64": b"98"}


class Activity:
    """Tells by a thread's processor time, where the system says it, and by what it has called.

    Wherever a thread waits in code that is not Python's (a database's driver, ``time.sleep``), its
    innermost frame is that of who has called it: only its processor time tells that it does nothing, or, if
    it has worked just before, the system call that it is in (``/proc/self/task/…/syscall``).
    """

    def __init__(self) -> None:
        self._spent: dict[int, float] = {}
        self._now: dict[int, float] = {}
        self._elapsed = 0.0
        self._futex = _FUTEX.get(platform.machine()) if _LINUX else None

    def begin(self, elapsed: float) -> None:
        """A look begins, so many seconds after the one before."""
        self._spent, self._now, self._elapsed = self._now, {}, elapsed

    def of(self, native: int | None, frame: FrameType) -> tuple[bool, bool]:
        """Whether a thread waits whose innermost frame this is, and whether it has not run since.

        `native` is the system's number of the thread, None where nobody knows it.
        """
        if not _LINUX or native is None:
            return is_wait(frame), False
        try:
            # The clock of that thread, as the kernel numbers it (`CPUCLOCK_PERTHREAD` and `CPUCLOCK_SCHED`);
            # `pthread_getcpuclockid` must not be asked of a thread that may end meanwhile.
            spent = time.clock_gettime((~native << 3) | 6)
        except OSError:  # it has ended
            return is_wait(frame), False
        self._now[native] = spent
        before = self._spent.get(native)
        if before is not None and spent - before < _SHARE * self._elapsed:
            return True, spent == before
        return is_wait(frame) or self._is_in_call(native), False

    def _is_in_call(self, native: int) -> bool:
        """Whether a thread waits in a system call, other than for a lock."""
        if self._futex is None:
            return False
        try:
            fd = os.open(f"/proc/self/task/{native}/syscall", os.O_RDONLY | os.O_CLOEXEC)
            try:
                call = os.read(fd, 16).split(b" ", 1)[0]
            finally:
                os.close(fd)
        except FileNotFoundError:  # it has ended; or there is no such file in this system, which costs little
            return False
        except OSError:  # this process may not know
            self._futex = None
            return False
        return call.isdigit() and call != self._futex

    def rests(self, native: int | None) -> bool:
        """Whether the thread of that number of the system's has worked for next to nothing since."""
        now, before = self._now.get(native or 0), self._spent.get(native or 0)
        return now is not None and before is not None and now - before < _SHARE * self._elapsed


def is_wait(frame: FrameType) -> bool:
    """Whether a thread whose innermost frame this is waits, as far as that tells."""
    code = frame.f_code
    names = _WAITS.get(code.co_filename.rpartition("/")[2])
    return names is not None and code.co_name in names and is_of_python(code.co_filename)
