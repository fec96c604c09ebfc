"""Activity: which threads work, and which only wait."""

from __future__ import annotations

import sys
import time
from types import FrameType

from .calls import Calls
from .origins import is_of_python

# A thread that has worked for less than this share of the time since waits, where no call is told.
_LITTLE = 0.02
# One that has worked for more than that does not wait for locks.
_MUCH = 0.25
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


class Activity:
    """Tells by what a thread is in at the moment: what it has called, and in which system call it is.

    Wherever a thread waits in code that is not Python's (a database's driver, ``time.sleep``), its
    innermost frame is that of who has called it: only the system call that it is in tells that it does
    nothing. How much it has worked since the look before does not: of many threads that share the work each
    works for next to nothing. Only where no system call is told, that has to do.
    """

    def __init__(self) -> None:
        self._spent: dict[int, float] = {}
        self._now: dict[int, float] = {}
        self._elapsed = 0.0
        self._calls = Calls()

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
        if spent == self._spent.get(native):
            return True, True
        return is_wait(frame) or self._is_in_call(native), False

    def _is_in_call(self, native: int) -> bool:
        """Whether a thread waits in a system call, other than for the interpreter."""
        told = self._calls.waits(native)
        if told is None:
            return self._has_rested(native)
        waits, is_for_lock = told
        # One from whom the interpreter is taken waits for a lock for a moment.
        return waits and not (is_for_lock and self._worked(native, _MUCH))

    def rests(self, native: int | None) -> bool:
        """Whether the thread of that number of the system's has done nothing since, as far as can be told."""
        if not self._calls.are_told:
            return self._has_rested(native)
        now = self._now.get(native or 0)
        return now is not None and now == self._spent.get(native or 0)

    def _has_rested(self, native: int | None) -> bool:
        before = self._spent.get(native or 0)
        return before is not None and not self._worked(native, _LITTLE)

    def _worked(self, native: int | None, share: float) -> bool:
        """Whether it is known to have worked for that share of the time since the look before."""
        now, before = self._now.get(native or 0), self._spent.get(native or 0)
        return now is not None and before is not None and now - before >= share * self._elapsed


def is_wait(frame: FrameType) -> bool:
    """Whether a thread whose innermost frame this is waits, as far as that tells."""
    code = frame.f_code
    names = _WAITS.get(code.co_filename.rpartition("/")[2])
    return names is not None and code.co_name in names and is_of_python(code.co_filename)
