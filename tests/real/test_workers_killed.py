"""Workers killed at random under load: what was answered is counted once, and no scrape steps back."""

import contextlib
import os
import shutil
import time

import pytest
from support import programs
from support.many import counted, owners, shared_directory, spread
from support.prometheus import scraping
from support.readings import in_progress, total, value
from support.servers import settled
from support.storm import Storm, children, quickest
from support.worker_servers import COUNT, QUICKLY, serving

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not os.path.exists(f"/proc/self/task/{os.getpid()}/children"),
        reason="nobody tells whose child a process is",
    ),
]

# How many workers are killed, and the server's further options.
STORMS = {
    "gunicorn sync preload": (75, (*QUICKLY, "--max-requests", "30", "--max-requests-jitter", "20")),
    "gunicorn gthread preload": (65, QUICKLY),
    "gunicorn uvicorn preload": (70, QUICKLY),
    "uvicorn": (12, ()),
}
COUNTERS = (
    "mcp_http_requests_total",
    *(f"mcp_http_request_duration_seconds_{suffix}" for suffix in ("count", "sum", "bucket")),
)


class Survived:
    """A server after its storm; `least` and `most` are what it may have counted by path."""

    def __init__(self, server, name, prometheus):
        kills, options = STORMS[name]
        self.name, self.server, self.prometheus = name, server, prometheus
        self.recycles = "--max-requests" in options
        self.storm = Storm(server, seed=name, newborn=name.startswith("gunicorn"))
        self.storm.warm(kills)
        before, _ = spread(server, COUNT, 0, exactly=False)
        self.quickest_before = quickest(server)
        with self.storm.raging():
            self.storm.kill(kills)
            self.storm.await_scrapes(10)
            if self.recycles:
                self.storm.await_lives(4 * COUNT)
        after, _ = spread(server, COUNT // 2, 0, exactly=False)
        self.least = before + after + self.storm.answered
        self.most = self.least + self.storm.broken

    def miscounted(self):
        """By path, whatever was counted otherwise than it can be: least, counted, most."""
        found = counted(self.server)
        return {
            path: (self.least[path], found[path], self.most[path])
            for path in self.most | found
            if not self.least[path] <= found[path] <= self.most[path]
        }


@pytest.fixture(scope="module")
def servers():
    """All the servers, each waiting for its storm."""
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(serving(name, "many", *options))
            for name, (_, options) in STORMS.items()
        }


@pytest.fixture(scope="module")
def prometheus(servers, tmp_path_factory):
    """A Prometheus that has begun to scrape all of them; None where there is no such program."""
    program = shutil.which("prometheus")
    if program is None:
        yield None
        return
    with scraping(program, servers, tmp_path_factory.mktemp("prometheus"), "250ms") as found:
        found.await_scrape(servers, 0.0)
        yield found


@pytest.fixture(scope="module", params=STORMS)
def survived(request, servers, prometheus):
    return Survived(servers[request.param], request.param, prometheus)


def test_every_answer_is_counted_once(survived, record_property):
    """What was answered is counted, each once; what was cut off amid its answer is counted once or not."""
    storm = survived.storm
    assert {} == settled(survived.miscounted, {}, 5.0), survived.server.output()[-4000:]
    assert [] == storm.wrong
    found = {
        "kills": len(storm.killed),
        "lives": len(storm.pids),
        "answered": survived.least.total(),
        "broken": storm.broken.total(),
        "counted, but not answered": counted(survived.server).total() - survived.least.total(),
        "scrapes": storm.scraper.scrapes,
    }
    for name, number in found.items():
        record_property(name, number)
    print(found)


def test_workers_that_were_killed_are_many():
    """A few hundred moments, so that some fall between an answer and its record."""
    assert 200 <= sum(kills for kills, _ in STORMS.values())


def test_no_scrape_steps_back(survived):
    """Every counter is there and at least what it was, in each scrape, whichever worker answered."""
    scraper = survived.storm.scraper
    scraper.scrape()
    assert [] == scraper.steps_back
    assert 10 <= scraper.scrapes


def test_prometheus_sees_no_reset(survived):
    """A Prometheus that scrapes all along has seen no counter reset, and has the same numbers at the end."""
    programs.need("prometheus")
    prometheus, app = survived.prometheus, survived.name
    assert {} == settled(survived.miscounted, {}, 5.0)
    prometheus.await_scrape([app], time.time())
    for name in COUNTERS:
        resets = prometheus.by(f"max by (app) (resets({name}[1h]))", "app")
        assert 0.0 == resets[(app,)], prometheus.query(f"resets({name}[1h]) > 0")
    assert 10 <= prometheus.by("sum_over_time(up[1h])", "app")[(app,)]
    by_route = prometheus.by(f'sum by (route) (mcp_http_requests_total{{app="{app}"}})', "route")
    assert counted(survived.server) == {route: number for (route,), number in by_route.items()}


def test_nothing_is_in_progress(survived):
    """What was in progress in a worker that was killed is no more."""
    assert 0 == settled(lambda: in_progress(survived.server), 0)
    assert 0 == total(survived.server, "mcp_monitor_storage_errors_total")
    assert 0 == total(survived.server, "mcp_monitor_events_lost_total")


def test_directory_holds_files_of_the_living(survived):
    """However many workers have lived: two files each for those who live, the archive and a lock."""
    directory = shared_directory(survived.server.process.pid)

    def strangers():
        survived.server.render()
        return set(owners(directory)[0]) - children(survived.server.process.pid)

    assert set() == settled(strangers, set())
    files, others = owners(directory)
    # Who is killed before it has written a line may leave an empty file.
    assert {name for name in others if not name.endswith(".new")} <= {"archive", "history", "lock"}
    assert sum(files.values()) <= 2 * (COUNT + survived.recycles)
    if not survived.recycles:
        assert 0 == settled(
            lambda: len(owners(directory)[0]) - value(survived.server, "mcp_monitor_workers"), 0
        )


def test_scrape_is_as_quick_as_before(survived):
    """What a scrape costs depends on the living only."""
    assert quickest(survived.server) < 3 * survived.quickest_before
