"""``mcp-perf report`` of a real server, and of a real Prometheus that saw one of its routes become slower."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest
from support import browser, programs
from support.prometheus import scraping
from support.servers import APPS, running, settled, uvicorn
from support.victoriametrics import scraping as storing

pytestmark = pytest.mark.real

SECONDS = 30
SLICE = 2


class Load:
    """Clients that ask for both routes until they are told to stop."""

    def __init__(self, server):
        self._server = server
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self):
        while not self._over.is_set():
            for path in ("/steady", "/changing"):
                self._server.ask(path)


class Watched:
    """A server whose route `/changing` took 30 % longer from some moment on, and a Prometheus that saw it."""

    def __init__(self, server, prometheus, victoriametrics, changed, ended):
        self.server = server
        self.prometheus = prometheus
        self.victoriametrics = victoriametrics
        self.changed = changed
        self.ended = ended

    def report(self, address, directory, *options):
        """The report of the second half compared to the first: its exit status, and what it has written."""
        out = directory / "report.json"
        command = [
            sys.executable,
            "-m",
            "mcp_perf",
            "report",
            f"http://{address}",
            "--out",
            str(out),
            *options,
        ]
        dates = [
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one))
            for one in (self.ended - SECONDS, self.ended)
        ]
        earlier = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.changed - SECONDS))
        ranges = ["--since", dates[0], "--until", dates[1], "--compare-to", earlier, "--slice", str(SLICE)]
        done = subprocess.run([*command, *ranges], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(out.read_text())


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    program, victoria = programs.need("prometheus"), programs.need("victoria-metrics")
    directory = tmp_path_factory.mktemp("prometheus")
    with (
        running(uvicorn("changing:app", directory=APPS)) as server,
        storing(victoria, tmp_path_factory.mktemp("victoria"), []) as store,
        scraping(program, {"app": server}, directory, "1s", remote_write=writing(store)) as prometheus,
        Load(server),
    ):
        time.sleep(SECONDS + 3)  # as long as what is measured
        changed = int(time.time())
        server.ask("/become?seconds=0.026")
        time.sleep(SECONDS + 3)
        ended = int(time.time()) - 1
        (scraped,) = prometheus.query("sum(mcp_http_requests_total)").values()
        # Until what was scraped up to then has been written, too.
        assert settled(
            lambda: max(store.query("sum(mcp_http_requests_total)").values(), default=0) >= scraped, True
        )
        yield Watched(server, prometheus, store, changed, ended)


def writing(store):
    """What has a Prometheus write to a VictoriaMetrics at once."""
    return [{"url": f"http://{store.address}/api/v1/write", "queue_config": {"batch_send_deadline": "1s"}}]


@pytest.mark.parametrize("of", ["server", "prometheus", "victoriametrics"])
def test_what_got_slower(watched, tmp_path, of):
    """The route that takes 30 % longer is found, and no other one."""
    status, found = watched.report(getattr(watched, of).address, tmp_path, "--fail-if", "slower>0")
    things = {one["route"]: one["change"] for one in found["http"]["things"] if one["events"] > 100}
    assert {"/steady": "alike", "/changing": "slower"} == {
        route: things[route]["verdict"] for route in ("/steady", "/changing")
    }
    assert 1.3 == pytest.approx(things["/changing"]["mean"]["ratio"], rel=0.12)
    assert (SECONDS, []) == (pytest.approx(found["range"]["known_seconds"], abs=1), found["warnings"])
    assert (1, ["slower>0: GET /changing"]) == (status, found["failures"])


def test_figures_are_those_of_prometheus(watched, tmp_path):
    """The figures of a report are those that Prometheus gives to whoever asks it by hand."""
    _, found = watched.report(watched.prometheus.address, tmp_path)
    window = f"[{SECONDS}s] @ {watched.ended}"

    def by_hand(expression):
        return watched.prometheus.by(expression.replace("[]", window), "route")

    events = by_hand("sum by (route) (increase(mcp_http_requests_total[]))")
    total = "sum by (route) (rate(mcp_http_request_duration_seconds_{}[]))"
    mean = by_hand(f"{total.format('sum')} / {total.format('count')}")
    quantile = "histogram_quantile({}, sum by (le, route) (rate(mcp_http_request_duration_seconds_bucket[])))"
    p50, p95 = by_hand(quantile.format(0.5)), by_hand(quantile.format(0.95))
    for one in found["http"]["things"]:
        key, latency = (one["route"],), one["latency_seconds"]
        assert events[key] == pytest.approx(one["events"])
        assert mean[key] == pytest.approx(latency["mean"])
        assert (p50[key], p95[key]) == (pytest.approx(latency["p50"]), pytest.approx(latency["p95"]))


def test_file_in_a_browser(watched, tmp_path):
    """The report as HTML shows its plots in a browser, and asks nobody for anything."""
    out = tmp_path / "report.html"
    command = [
        sys.executable,
        "-m",
        "mcp_perf",
        "report",
        f"http://{watched.server.address}",
        "--out",
        str(out),
    ]
    ranges = ["--since", f"{SECONDS}s", "--compare-to", "previous", "--slice", str(SLICE)]
    subprocess.run([*command, *ranges], check=True, timeout=60)
    with browser.browsing(tmp_path / "browser") as driver:
        driver.get(out.as_uri())
        assert 3 == len(driver.find_elements("css selector", ".js-plotly-plot .main-svg:first-child"))
        routes = {one.text for one in driver.find_elements("css selector", "tbody td:first-child")}
        assert {"GET /steady", "GET /changing"} <= routes
        driver.save_screenshot(str(tmp_path / "report.png"))
        assert [] == browser.complaints(driver)
        assert {""} == browser.hosts(driver)
