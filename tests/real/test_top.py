"""``mcp-perf top`` in a real terminal, of a real server and of a real Prometheus that scrapes it."""

from __future__ import annotations

import signal
import time

import pytest
from support import programs
from support.prometheus import scraping
from support.servers import APPS, running, uvicorn
from support.terminal import ROWS, Terminal

pytestmark = pytest.mark.real


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
    with Terminal("top", server.address, "--interval", "1") as terminal:
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
        with Terminal("top", f"http://{server.address}/metrics", "--interval", "1") as terminal:
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
        with Terminal("top", prometheus.address, "--select", 'app="app"', "--interval", "1") as terminal:
            terminal.shows('app="app": ', "GET /users/{uid}", "select users", "checkout: pay", "1 worker")
