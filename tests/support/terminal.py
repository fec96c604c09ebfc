"""A real terminal, in which a command runs."""

import signal
import sys
import time

from support import programs
from support.servers import PATIENCE

ROWS, COLUMNS = 24, 100


class Terminal:
    """A terminal in which a command runs, and what it shows."""

    def __init__(self, *words):
        programs.need_module("pexpect")
        programs.need_module("pyte")
        import pexpect
        import pyte

        self._pexpect = pexpect
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "mcp_perf", *words],
            dimensions=(ROWS, COLUMNS),
            encoding="utf-8",
            env=programs.environment(TERM="xterm-256color"),
            # A shell's background job, as CI may be, has its children ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.close(force=True)

    def read(self):
        """Take what has been written; whether there may be more."""
        try:
            self._stream.feed(self.process.read_nonblocking(65536, timeout=0.2))
        except self._pexpect.TIMEOUT:
            pass
        except self._pexpect.EOF:
            return False
        return True

    def shows(self, *words):
        """Come back when all of the words are on the screen."""
        deadline = time.monotonic() + PATIENCE
        while not all(word in self.text for word in words):
            assert self.read(), self.text
            assert time.monotonic() < deadline, self.text
        return self.text

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self._screen.display)
