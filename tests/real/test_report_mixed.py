"""``mcp-perf report`` of a real Prometheus with native histograms of one instance and not of another."""

from __future__ import annotations

import json
import time

import pytest
from support import programs
from support.prometheus import scraping
from support.servers import APPS, running, uvicorn

from mcp_perf.cli import main

pytestmark = pytest.mark.real

SECONDS = 12
ROUTE = 'route="/changing"'


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """One that has scraped an instance with the extra, which is slow, and one without."""
    program = programs.need("prometheus")
    with (
        running(uvicorn("changing:app", directory=APPS)) as native,
        running(uvicorn("changing_classic:app", directory=APPS)) as classic,
        scraping(
            program,
            {"native": native, "classic": classic},
            tmp_path_factory.mktemp("prometheus"),
            features=["native-histograms"],
        ) as found,
    ):
        native.ask("/become?seconds=0.2")
        over = time.monotonic() + SECONDS + 4
        while time.monotonic() < over:
            native.ask("/changing")
            for _ in range(3):
                classic.ask("/changing")
        found.ended = int(time.time())
        found.await_scrape(["native", "classic"], found.ended)
        yield found


def report(prometheus, capsys, *options):
    """The exit status and the row of the route that both have."""
    begin, end = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one))
        for one in (prometheus.ended - SECONDS, prometheus.ended)
    )
    words = ("--since", begin, "--until", end, "--format", "json", *options)
    status = main(["report", f"http://{prometheus.address}", *words])
    found = json.loads(capsys.readouterr().out)
    (row,) = [one for one in found["http"]["things"] if one["route"] == "/changing"]
    return status, row, found


def test_durations_of_both(prometheus, capsys):
    """Means and quantiles are of all instances, whichever kind of histogram each of them has."""
    status, row, found = report(prometheus, capsys)
    window = f"{{{ROUTE}}}[{SECONDS}s] @ {prometheus.ended}"
    name = "mcp_http_request_duration_seconds"

    def sums(expression):
        return sum(prometheus.query(expression).values())

    seconds = sums(f"increase({name}_sum{window})") + sums(f"histogram_sum(increase({name}{window}))")
    count = sums(f"increase({name}_count{window})") + sums(f"histogram_count(increase({name}{window}))")
    latency = row["latency_seconds"]
    assert seconds / count == pytest.approx(latency["mean"], rel=0.1)
    assert 0.04 < latency["mean"] < 0.15
    # Three in four are of the quick one.
    assert (0.01 < latency["p50"] < 0.05, 0.19 < latency["p90"] < 0.25) == (True, True)
    assert (0, [], []) == (status, found["undecided"], found["warnings"])


def test_condition(prometheus, capsys):
    """A condition is met that only the instances with native histograms meet."""
    status, _, found = report(prometheus, capsys, "--fail-if", "p95>150ms", "--least", "10")
    assert (1, 1) == (status, len(found["failures"]))
    assert 0 == report(prometheus, capsys, "--fail-if", "p95>500ms", "--least", "10")[0]
