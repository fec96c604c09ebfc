"""The command that is run: it gets our signals, and we its exit status."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

SUPPORTED = hasattr(signal, "pthread_sigmask")

_NAMES = ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "WINCH", "TTIN", "TTOU")
_FORWARDED = {getattr(signal, f"SIG{name}") for name in _NAMES if hasattr(signal, f"SIG{name}")}
# Nobody waits in vain for a signal that is ignored where nothing else is said.
_IGNORED = {getattr(signal, name) for name in ("SIGCHLD", "SIGWINCH") if hasattr(signal, name)}
_OF_KEYS = {getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGWINCH") if hasattr(signal, name)}


@dataclass(frozen=True)
class Signals:
    """Those that wait until they are asked for, and what this process held back before."""

    held: frozenset[int]
    before: frozenset[int]


@contextmanager
def held_signals() -> Iterator[Signals]:
    """Hold back the signals that are handed on, so that none ends this process before it has tidied up."""
    held = frozenset(_FORWARDED | _IGNORED)
    handlers = {number: signal.signal(number, lambda *_: None) for number in _IGNORED}
    before = frozenset(signal.pthread_sigmask(signal.SIG_BLOCK, held))
    try:
        yield Signals(held, before)
    finally:
        while held & signal.sigpending():  # too late for the command, and we are about to end anyway
            signal.sigwait(held)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Child:
    """A command with `additions` to the environment; otherwise as if it was started in our place."""

    def __init__(self, additions: Mapping[str, str], signals: Signals) -> None:
        self._additions = additions
        self._signals = signals
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, words: Sequence[str]) -> None:
        """Start it; OSError where that cannot be done."""
        parent = str(os.getpid())

        def prepare() -> None:
            os.environ.update(self._additions)
            # Sockets that a service manager has opened for us are the command's.
            if os.environ.get("LISTEN_PID") == parent:
                os.environ["LISTEN_PID"] = str(os.getpid())
            signal.pthread_sigmask(signal.SIG_SETMASK, self._signals.before)

        self._process = subprocess.Popen(words, close_fds=False, preexec_fn=prepare)

    def attend(self) -> int:
        """Hand on signals until it ends; gives its exit status as a shell does."""
        assert self._process is not None
        while True:
            number, everybodys = _next(self._signals.held)
            if number == signal.SIGCHLD:
                status = _reap(self._process.pid)
                if status is not None:
                    self._process.returncode = status  # so that it knows, too
                    return status if status >= 0 else 128 - status
            elif not everybodys:
                os.kill(self._process.pid, number)  # Popen's own way would reap it behind our back


def _next(numbers: frozenset[int]) -> tuple[int, bool]:
    """The next signal, and whether the command got it as well, being in our process group."""
    if not hasattr(signal, "sigwaitinfo"):  # macOS
        number = int(signal.sigwait(numbers))
        return number, number in _OF_KEYS and _in_foreground()
    information = signal.sigwaitinfo(numbers)
    number = information.si_signo
    # The system itself sends those of the terminal, to the whole group; but its end to the session's leader.
    from_system = information.si_code > 0
    return number, from_system and not (number == signal.SIGHUP and os.getsid(0) == os.getpid())


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


def _reap(command: int) -> int | None:
    """The exit status of the command, if it has ended. As process 1, orphans are ours too."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == 0:
            return None
        if pid == command:
            return os.waitstatus_to_exitcode(status)
