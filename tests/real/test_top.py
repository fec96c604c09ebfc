"""``mcp-perf top`` in a real terminal, of a real server and of a real Prometheus that scrapes it."""

from __future__ import annotations

import signal
import sys
import time

import pytest
from support import programs
from support.prometheus import scraping
from support.servers import APPS, PATIENCE, running, uvicorn

pytestmark = pytest.mark.real

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
            ["-m", "mcp_perf", "top", *words],
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


@pytest.fixture(scope="module")
def server():
    with running(uvicorn("shown:app", directory=APPS)) as found:
        yield found


def ask(server, times=5):
    for _ in range(times):
        server.ask("/users/5")
        server.ask("/orders")


def test_live(server):
    """It shows what the service does, shows more when more has come, and ends by Ctrl-C."""
    ask(server)
    with Terminal(server.address, "--interval", "1") as terminal:
        text = terminal.shows("GET /users/{uid}", "select users", "checkout: pay", "1 worker", "shop:")
        assert len(text.splitlines()) <= ROWS
        for _ in range(20):
            server.ask("/broken")
        terminal.shows("GET /broken", "100.0 %")
        terminal.process.kill(signal.SIGINT)
        while terminal.read():
            pass
        terminal.process.wait()
        assert 130 == terminal.process.exitstatus


def test_service_that_goes_away():
    """A service that does not answer any more is told so, and asked again."""
    with running(uvicorn("shown:app", directory=APPS)) as server:
        ask(server)
        with Terminal(f"http://{server.address}/metrics", "--interval", "1") as terminal:
            terminal.shows("GET /users/{uid}")
            server.stop()
            terminal.shows("does not answer", "asking again every")


def test_prometheus(server, tmp_path):
    """Of a real Prometheus it shows the same."""
    ask(server)
    with scraping(programs.need("prometheus"), {"app": server}, tmp_path, "1s") as prometheus:
        since = time.time()
        prometheus.await_scrape(["app"], since)
        ask(server)
        prometheus.await_scrape(["app"], time.time() + 1)
        with Terminal(prometheus.address, "--select", 'app="app"', "--interval", "1") as terminal:
            terminal.shows('app="app": ', "GET /users/{uid}", "select users", "checkout: pay", "1 worker")
