"""Activity: which threads work, and which only wait."""

from __future__ import annotations

import sys
import time
from types import FrameType

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


class Activity:
    """Tells by a thread's processor time, where the system says it, and by what it has called.

    Wherever a thread waits in code that is not Python's (a database's driver, ``time.sleep``), its
    innermost frame is that of who has called it: only its processor time tells that it does nothing.
    """

    def __init__(self) -> None:
        self._spent: dict[int, float] = {}
        self._now: dict[int, float] = {}
        self._elapsed = 0.0

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
        if before is None:
            return is_wait(frame), False
        is_idle = spent - before < _SHARE * self._elapsed or is_wait(frame)
        return is_idle, spent == before

    def rests(self, native: int | None) -> bool:
        """Whether the thread of that number of the system's has worked for next to nothing since."""
        now, before = self._now.get(native or 0), self._spent.get(native or 0)
        return now is not None and before is not None and now - before < _SHARE * self._elapsed


def is_wait(frame: FrameType) -> bool:
    """Whether a thread whose innermost frame this is waits, as far as that tells."""
    code = frame.f_code
    names = _WAITS.get(code.co_filename.rpartition("/")[2])
    return names is not None and code.co_name in names
