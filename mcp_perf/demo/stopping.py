"""The wish to stop, as signals bring it."""

from __future__ import annotations

import signal
from queue import Empty, SimpleQueue
from types import TracebackType


class Stopping:
    """Takes the signals that end a program (Ctrl-C, a plain `kill`, a closed terminal) for the process.

    They are never handed back, and after the context they are ignored: a second Ctrl-C must neither cut the
    cleaning up short nor print a traceback during the interpreter's own end.
    """

    def __init__(self) -> None:
        # A queue of this sort may be put to while it is being waited for; an Event's lock would deadlock.
        self._wishes: SimpleQueue[int] = SimpleQueue()
        self._signals = _ending()

    def __enter__(self) -> Stopping:
        for number in self._signals:
            signal.signal(number, lambda taken, _frame: self._wishes.put(taken))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number in self._signals:
            signal.signal(number, signal.SIG_IGN)

    def wait(self, seconds: float) -> bool:
        """Wait for the wish at most so long; whether it has come."""
        try:
            self._wishes.get(timeout=seconds)
        except Empty:
            return False
        return True


def _ending() -> list[signal.Signals]:
    ending = [signal.SIGINT, signal.SIGTERM]
    closed = getattr(signal, "SIGHUP", None)
    # nohup has a reason to have the closing of the terminal ignored.
    if closed is not None and signal.getsignal(closed) != signal.SIG_IGN:
        ending.append(closed)
    return ending
