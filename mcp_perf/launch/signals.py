"""Signals that wait until they are asked for, so that none ends this process before it has tidied up."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

SUPPORTED = hasattr(signal, "pthread_sigmask")

_NAMES = ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "WINCH", "TTIN", "TTOU", "CHLD")
_HELD = frozenset(getattr(signal, f"SIG{name}") for name in _NAMES if hasattr(signal, f"SIG{name}"))
_OF_KEYS = {getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGWINCH") if hasattr(signal, name)}
_TURN = 1.0  # seconds until a signal is seen at the latest that another thread has got


class Signals:
    """Those that are held back, in the order in which they come."""

    def __init__(self) -> None:
        # A thread that is not ours holds nothing back: what the system gives to it comes to the handlers.
        self._strays: deque[int] = deque()
        self._handlers: Mapping[int, object] = {
            number: signal.signal(number, lambda number, _: self._strays.append(number)) for number in _HELD
        }
        self._mask = frozenset(signal.pthread_sigmask(signal.SIG_BLOCK, _HELD))

    def restore(self) -> None:
        """Have them as they were before; for this process, or for one that it has forked."""
        for number, handler in self._handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # type: ignore[arg-type]
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def drop(self) -> None:
        """Forget those that came too late, which would end us otherwise as soon as they are as before."""
        while _HELD & signal.sigpending() and _wait(0.0) is not None:
            pass

    def next(self) -> tuple[int, bool]:
        """The next signal, and whether all of our process group got it as well."""
        while True:
            if self._strays:
                return _guessed(self._strays.popleft())
            found = _wait(_TURN)
            if found is not None:
                return found


@contextmanager
def held_signals() -> Iterator[Signals]:
    """Hold back the signals that are handed on, and that of a child's end; only in the main thread."""
    signals = Signals()
    try:
        yield signals
    finally:
        signals.drop()
        signals.restore()


def _wait(seconds: float) -> tuple[int, bool] | None:
    if not hasattr(signal, "sigtimedwait"):  # macOS
        return _guessed(int(signal.sigwait(_HELD)))
    information = signal.sigtimedwait(_HELD, seconds)
    if information is None:
        return None
    number = information.si_signo
    # The system itself sends those of the terminal, to the whole group; but its end to the session's leader.
    from_system = information.si_code > 0
    return number, from_system and not (number == signal.SIGHUP and os.getsid(0) == os.getpid())


def _guessed(number: int) -> tuple[int, bool]:
    return number, number in _OF_KEYS and _in_foreground()


def _in_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
