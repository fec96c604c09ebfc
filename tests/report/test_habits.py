"""A Prometheus, or what speaks its API, with habits of its own: a report is right, or says what is not."""

from __future__ import annotations

import json
import re

import pytest
from support.answers import Answers

from mcp_perf.cli import main

NOW = 1_800_000_035  # no multiple of anything
WORKERS = "mcp_monitor_workers"
ROUTE = {"method": "GET", "route": "/users"}


class Engine:
    """One that has scraped a service since a moment, with one request of three seconds in a second.

    With `rounds` it answers of multiples of that only. It has `warnings`, jobs with `intervals` of scrapes
    and durations beyond all its buckets.
    """

    def __init__(self, since=0, rounds=0, warnings=(), intervals=(15,)):
        self.since = since
        self.rounds = rounds
        self.warnings = list(warnings)
        self.intervals = intervals

    def __call__(self, path, query):
        if not path.startswith("/api"):
            return 404, ""
        rows = self._rows(path, query)
        return 200, json.dumps({"status": "success", "data": {"result": rows}, "warnings": self.warnings})

    def _rows(self, path, query):
        expression = query["query"][0]
        is_range = path.endswith("range")
        moments = list(self._moments(query)) if is_range else [float(query.get("time", [NOW])[0])]
        found = []
        for labels, read in self._series(expression):
            values = [[moment, str(read(moment))] for moment in moments if read(moment)]
            if values:
                found.append({"metric": labels, "value": values[0], "values": values})
        return found

    def _moments(self, query):
        begin, end, step = (float(query[name][0]) for name in ("start", "end", "step"))
        if self.rounds:
            begin, end = begin // self.rounds * self.rounds, end // self.rounds * self.rounds
        while begin <= end:
            yield begin
            begin += step

    def _series(self, expression):
        window = re.search(r"\[([0-9]+)s[:\]]", expression)
        seconds = int(window[1]) if window else 0

        def there(moment):
            return max(min(moment - max(self.since, moment - seconds), seconds), 0)

        if "min(max by (job)" in expression:
            return [({}, lambda _: seconds / max(self.intervals))]
        if f"group({WORKERS})" in expression:
            step = int(re.search(r":([0-9]+)s\]", expression)[1])
            return [({}, lambda moment: there(moment) // step)]
        if "mcp_http_requests_total" in expression:
            return [({**ROUTE, "status": "200"}, lambda moment: there(moment))]
        if "mcp_http_request_duration_seconds_sum" in expression:
            return [(ROUTE, lambda moment: 3 * there(moment))]
        if "mcp_http_request_duration_seconds_bucket" in expression:
            return [({**ROUTE, "le": "+Inf"}, lambda moment: there(moment))]
        return []


@pytest.fixture
def report(monkeypatch, capsys):
    """``report(engine, *options)``: the exit status, what was written, and what was said of it."""
    monkeypatch.setattr("mcp_perf.report.command.time.time", lambda: NOW)

    def report(engine, *options):
        with Answers(engine) as server:
            status = main(["report", server.url, "--format", "json", *options])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out else None, said.err

    return report


@pytest.mark.parametrize("rounds", [0, 10, 7])
def test_server_that_answers_at_multiples_of_the_step(report, rounds) -> None:
    """Slices are what came in them, also where a server moves the moments that it is asked of."""
    status, found, said = report(Engine(rounds=rounds), "--since", "5m", "--slice", "30")
    if rounds == 7:  # to others than the multiples of a slice
        assert (2, True) == (status, "answers of other moments than it was asked of" in said)
        return
    assert [30.0] * 9 == [one["events"] for one in found["http"]["slices"]]
    assert 300 == found["http"]["events"]
    assert "2027-01-15T08:00:30Z" == found["http"]["slices"][-1]["end"]


@pytest.mark.parametrize(
    ("width", "since", "expected"), [("300", "5m", [300.0]), ("200", "5m", [200.0]), ("299", "5m", [300.0])]
)
def test_slices_that_are_as_long_as_the_range(report, width, since, expected) -> None:
    """Where a range has no whole slice, it is one."""
    _, found, _ = report(Engine(), "--since", since, "--slice", width)
    assert expected == [one["events"] for one in found["http"]["slices"]]


@pytest.mark.parametrize("age", [60, 600, 3600])
def test_prometheus_that_is_young(report, age) -> None:
    """Rates are of the seconds in which there was something to scrape."""
    _, found, _ = report(Engine(since=NOW - age), "--since", "2h")
    assert 7200 == found["range"]["seconds"]
    assert age == pytest.approx(found["range"]["known_seconds"], rel=0.03)
    assert 1.0 == pytest.approx(found["http"]["rate"], rel=0.05)
    rates = [one["rate"] for one in found["http"]["slices"] if one["events"]]
    assert [1.0] * len(rates) == pytest.approx(rates, rel=0.3)
    _, found, _ = report(Engine(), "--since", "2h")
    assert 7200 == found["range"]["known_seconds"]


def test_prometheus_that_is_very_young(report) -> None:
    """In a range that is so long that nobody looks at all of it, what is known is no more than a part."""
    _, found, _ = report(Engine(since=NOW - 60), "--since", "366d")
    assert found["range"]["known_seconds"] < 3600


WARNING = "store 10.0.0.7 did not answer"


def test_partial_answers(report) -> None:
    """What a server says against its answers is in the report, and no condition can be told by them."""
    engine = Engine(warnings=[WARNING])
    status, found, _ = report(engine)
    assert (0, [WARNING]) == (status, found["warnings"])
    for condition in ("p95>1", "events<1"):
        status, found, said = report(engine, "--fail-if", condition)
        assert (2, [WARNING]) == (status, found["warnings"])
        assert f"no condition can be told: {WARNING}" in said


def test_partial_answers_as_text(capsys) -> None:
    """People see that not all may be in a report before they see anything of it."""
    pytest.importorskip("plotly")
    with Answers(Engine(warnings=[WARNING])) as server:
        for format_ in ("markdown", "html"):
            assert 0 == main(["report", server.url, "--format", format_])
            text = capsys.readouterr().out
            assert (
                0 < text.index("Not all may be in this report") < text.rindex(WARNING) < text.index("/users")
            )


def test_beyond_the_buckets(report, capsys) -> None:
    """A quantile beyond the greatest bucket says that it is more."""
    _, found, _ = report(Engine())
    latency = found["http"]["things"][0]["latency_seconds"]
    assert (0.0, ["p50", "p90", "p95", "p99"]) == (latency["p95"], latency["beyond"])
    status, found, said = report(Engine(), "--fail-if", "p95>10")
    assert (2, ["p95>10: GET /users has more than 0"]) == (status, found["undecided"])
    assert "a condition cannot be told: p95>10: GET /users has more than 0" in said
    with Answers(Engine()) as server:
        assert 0 == main(["report", server.url])
    assert "> 0 µs" in capsys.readouterr().out.replace("\\", "")


def test_jobs_with_intervals_of_their_own(report) -> None:
    """Slices are long enough for the job that is scraped least often, and shorter ones are refused."""
    engine = Engine(intervals=(2, 30))
    status, found, _ = report(engine, "--since", "10m")
    assert [120.0] * 4 == [one["events"] for one in found["http"]["slices"]]
    status, found, said = report(engine, "--since", "10m", "--slice", "59")
    assert (2, None) == (status, found)
    assert "and at least 60 s, in which there is something to compare, not 59" in said
    assert 0 == report(engine, "--since", "10m", "--slice", "60")[0]


class Sparse(Engine):
    """One in which nothing comes in a slice, and something in the range, as where scrapes are rare."""

    def _rows(self, path, query):
        return [] if path.endswith("range") else super()._rows(path, query)


def test_nothing_in_any_slice(report) -> None:
    """What came in both ranges and in no slice is too little to tell."""
    status, found, _ = report(Sparse(), "--compare-to", "previous", "--fail-if", "slower>0")
    assert 0 == status
    change = found["http"]["things"][0]["change"]
    assert ("too little to tell", "alike") == (change["verdict"], change["failing"])


def test_fault_of_ours(report, monkeypatch) -> None:
    """Whatever goes wrong in the command, it does not end as if a condition was met."""

    def fault(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("mcp_perf.report.command.report_of", fault)
    status, found, said = report(Engine(), "--fail-if", "p95>10")
    assert (2, None) == (status, found)
    assert "ZeroDivisionError" in said
