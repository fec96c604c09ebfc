"""History of a service with several workers: exact while they are killed, and what Prometheus says too."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

import pytest
from support import programs
from support.leaders import leader
from support.many import at_once, counted, spread
from support.prometheus import scraping
from support.servers import APPS, gunicorn, running, settled
from support.worker_servers import COUNT, serving

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="nobody tells who has a file locked"),
]

KILLS = 6
NAME = "gunicorn uvicorn"


class Load:
    """A client that asks again and again, as evenly as it can, and knows what was answered."""

    def __init__(self, server):
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answered = self.broken = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _ask(self):
        while not self._over.wait(0.02):
            try:
                at_once(self._server, ["/one"])
                self.answered += 1
            except OSError:
                self.broken += 1


def history(server, query):
    status, _, body = server.ask(f"/metrics/summary?{query}")
    assert 200 == status, body
    return json.loads(body)


@pytest.fixture(scope="module")
def survived(tmp_path_factory):
    """A server whose leader was killed again and again under load, and a Prometheus that has watched it."""
    program = programs.need("prometheus")
    directory = tmp_path_factory.mktemp("prometheus")
    with (
        serving(NAME, "remembered") as server,
        scraping(program, {"app": server}, directory, "1s") as prometheus,
    ):
        spread(server, COUNT)
        killed = []
        with Load(server):
            for _ in range(KILLS):
                time.sleep(2.5)  # so that there are steps between
                _, pids = spread(server, COUNT, 0, exactly=False)
                assert settled(lambda pids=pids: leader(pids, "history") is not None, True)
                killed.append(leader(pids, "history"))
                os.kill(killed[-1], signal.SIGKILL)
            time.sleep(20)
            rates = prometheus.by("sum by (route) (rate(mcp_http_requests_total[15s]))", "route")
            window = history(server, "window=15")
        yield server, killed, rates, window


def test_leaders_were_killed(survived):
    """It was another one each time that kept the history."""
    _, killed, *_ = survived
    assert KILLS == len(set(killed))


def test_nothing_is_lost_and_nothing_there_twice(survived):
    """All that was ever counted is in the history once."""
    server, *_ = survived

    def known():
        everything = counted(server)
        found = history(server, "window=120")["http"]
        by_route = {one["route"]: one["requests"] for one in found["routes"]}
        return {path: everything[path] - by_route.get(path, 0) for path in ("/one", "/two")}

    assert settled(known, {"/one": 0, "/two": 0})


def test_at_most_one_step_is_lost(survived):
    """While its writers were killed the history has no step longer than two."""
    server, *_ = survived
    seconds = [one for one in history(server, "window=120&step=1")["seconds"] if one]

    assert max(seconds[1:]) <= 2.5


def test_rates_are_those_of_prometheus(survived):
    """Over the same seconds the history and a real Prometheus have the same rate."""
    *_, rates, window = survived
    ours = {one["route"]: one["requests"] / window["window"]["seconds"] for one in window["http"]["routes"]}

    assert rates["/one",] == pytest.approx(ours["/one"], rel=0.1)


def test_workers_that_do_not_live_long():
    """Where workers are recycled all the time, steps are as long as they took; each event is there once."""
    recycling = gunicorn("remembered:wsgi", "--max-requests", "60", directory=APPS)
    with running(recycling) as server:
        begun = time.monotonic()
        with Load(server) as load:
            time.sleep(12)
        seconds = time.monotonic() - begun
        assert load.answered > 120, "no worker was recycled"

        def known():
            found = history(server, "window=60")
            by_route = {one["route"]: one["requests"] for one in found["http"]["routes"]}
            return by_route.get("/one"), found["window"]["seconds"]

        assert settled(lambda: known()[0] == load.answered, True), (known(), load.answered)
        assert known()[1] == pytest.approx(seconds, abs=3)
