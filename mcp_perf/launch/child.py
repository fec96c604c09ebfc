"""The command that is run: it gets our signals, and we its exit status."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from .signals import Signals


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
            self._signals.restore()

        self._process = subprocess.Popen(words, close_fds=False, preexec_fn=prepare)

    def attend(self) -> int:
        """Hand on signals until it ends; gives its exit status as a shell does."""
        assert self._process is not None
        while True:
            number, everybodys = self._signals.next()
            if number == signal.SIGCHLD:
                status = _reap(self._process.pid)
                if status is not None:
                    self._process.returncode = status  # so that it knows, too
                    return status if status >= 0 else 128 - status
            elif not everybodys:
                os.kill(self._process.pid, number)  # Popen's own way would reap it behind our back


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
