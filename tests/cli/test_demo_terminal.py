"""What ``mcp-perf demo`` draws on a terminal."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pytest
from support.servers import PATIENCE

pytestmark = pytest.mark.real

WIDTHS = (80, 120)


class Screen:
    """A terminal that is so wide; `seen` is all that has appeared on it."""

    def __init__(self, columns):
        self._master, self.end = pty.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.seen = ""

    def read(self, until=lambda seen: False):
        """Read until a condition holds or the program on the terminal has gone."""
        deadline = time.monotonic() + PATIENCE
        while not until(self.seen):
            assert select.select([self._master], [], [], deadline - time.monotonic())[0], self.seen
            data = b""
            with contextlib.suppress(OSError):  # Linux says so when nobody writes to a terminal any more
                data = os.read(self._master, 4096)
            if not data:
                break
            self.seen += data.decode()

    def close(self):
        os.close(self._master)


@pytest.fixture(scope="module")
def screens(start):
    """Terminals of several widths with a demo on each, all started at once."""
    screens = {}
    for columns in WIDTHS:
        screen = Screen(columns)
        screens[columns] = screen, start(stdout=screen.end)
        os.close(screen.end)
    yield screens
    for screen, _ in screens.values():
        screen.close()


@pytest.mark.parametrize("columns", WIDTHS)
def test_one_line_is_drawn_over_and_over(screens, columns):
    """The line never breaks, not even with the ^C that the terminal adds, and the totals come below it."""
    screen, demo = screens[columns]
    screen.read(until=lambda seen: seen.count("\r0:") >= 2)
    demo.process.send_signal(signal.SIGINT)
    screen.read()
    assert 0 == demo.stop()
    assert "" == demo.errors
    drawn = re.findall(r"\r(0:\d\d[^\r\n]*)", screen.seen)
    assert len(drawn) >= 2
    assert max(len(line) + len("^C") for line in drawn) < columns
    assert re.search(r"\r +\rThe shop was open for ", screen.seen)
