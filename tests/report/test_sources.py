"""Where a report comes from: a Prometheus, within its limits, or a service."""

from __future__ import annotations

import json
import re

import pytest
from support.answers import Answers

from mcp_perf import PerformanceMonitor, monitor_db_operation
from mcp_perf.promql import Expressions
from mcp_perf.remote import Client, NoAnswerError, Prometheus, Service
from mcp_perf.report.of_prometheus import OfPrometheus
from mcp_perf.report.of_service import OfService
from mcp_perf.report.ranges import Range
from mcp_perf.report.reading import Thing
from mcp_perf.signals import DATABASE, HTTP

USERS = Thing(HTTP, ("GET", "/users"))
LABELS = {"method": "GET", "route": "/users"}
# What comes of each metric in a second, by further labels.
RATES = {
    "requests_total": [({"status": "200"}, 9.0), ({"status": "503"}, 1.0)],
    "seconds_sum": [({}, 2.5)],
    "seconds_bucket": [({"le": "0.1"}, 4.0), ({"le": "0.5"}, 9.0), ({"le": "+Inf"}, 10.0)],
}


class Engine:
    """A Prometheus in which everything comes evenly, and that answers of so many seconds at once."""

    def __init__(self, most=10**9):
        self.most = most
        self.asked = []

    def __call__(self, path, query):
        expression = query["query"][0]
        found = re.search(
            r"own_http_request_?(s_total|duration_seconds_(?:sum|bucket))\{job=\"shop\"\}\[([0-9]+)s\]",
            expression,
        )
        if not found:
            return 200, answer([])
        window = int(found[2])
        moments = [float(query["time"][0])] if path.endswith("query") else list(steps(query))
        if window * len(moments) > self.most:
            return 422, json.dumps(
                {"status": "error", "error": "query processing would load too many samples"}
            )
        self.asked.append((path, window, len(moments)))
        kind = found[1].replace("s_total", "requests_total").removeprefix("duration_")
        rows = []
        for labels, rate in RATES[kind]:
            values = [[moment, str(rate * window)] for moment in moments]
            key = {"value": values[0]} if path.endswith("query") else {"values": values}
            rows.append({"metric": {**LABELS, **labels}, **key})
        return 200, answer(rows)


def steps(query):
    moment, step = float(query["start"][0]), float(query["step"][0])
    while moment <= float(query["end"][0]):
        yield moment
        moment += step


def answer(rows):
    return json.dumps({"status": "success", "data": {"result": rows}})


def read(engine, asked, width):
    progress = []
    with Answers(engine) as server:
        source = OfPrometheus(Prometheus(Client(server.url)), Expressions("own", ('job="shop"',)))
        return source.reading(asked, width, progress.append), progress


@pytest.mark.parametrize("most", [10**9, 3600, 1000, 61])
def test_limits(most) -> None:
    """However little the server does at once, the report is the same; progress is told up to the end."""
    engine = Engine(most)
    found, progress = read(engine, Range(999_960, 1_003_560), 60)
    whole = found.whole.things[USERS]
    assert (36000, 3600) == (pytest.approx(whole.events), pytest.approx(whole.errors))
    assert 0.25 == pytest.approx(whole.mean)
    # As histogram_quantile has it: 5 of the 5 from 4 to 9 lie evenly between 0.1 and 0.5.
    assert (0.18, 0.5, 0.5) == (pytest.approx(whole.p50), pytest.approx(whole.p90), pytest.approx(whole.p99))
    assert [600.0] * 60 == pytest.approx([one.things[USERS].events for one in found.slices])
    assert 36000 == pytest.approx(found.whole.totals[HTTP].events)
    assert (sorted(progress), 1.0) == (progress, progress[-1])
    assert max(window * number for _, window, number in engine.asked) <= most


def test_answers_that_are_too_long(monkeypatch) -> None:
    """What is longer than anybody keeps is asked for in parts, too."""
    monkeypatch.setattr("mcp_perf.remote.client._MOST", 2000)
    found, _ = read(Engine(), Range(999_960, 1_003_560), 60)
    assert [600.0] * 60 == pytest.approx([one.things[USERS].events for one in found.slices])


def test_server_that_does_nothing() -> None:
    """A server that refuses whatever it is asked is told of, not asked for ever."""
    engine = Engine(0)
    with pytest.raises(NoAnswerError, match=r"answers 422 .*too many samples"):
        read(engine, Range(999_960, 1_003_560), 60)


def test_wrong_expression() -> None:
    """What the server says of a selector that is none is told."""
    with Answers(lambda *_: (400, '{"error": "parse error"}')) as server:
        source = OfPrometheus(Prometheus(Client(server.url)), Expressions("own", ("job=",)))
        with pytest.raises(NoAnswerError, match="parse error"):
            source.reading(Range(0, 600), 60, print)


@pytest.mark.parametrize("most", [10_000, 100])
def test_native_histograms(most) -> None:
    """Where there are native histograms only, durations are read of these, in parts if need be."""
    buckets = [[0, "0.1", "0.2", "50"], [0, "0.2", "0.4", "50"]]
    refusal = json.dumps({"status": "error", "error": "query processing would load too many samples"})

    def engine(path, query):
        expression = query["query"][0]
        window = re.search(r"\[([0-9]+)s\]", expression)
        if "duration" in expression and window and int(window[1]) > most:
            return 422, refusal
        if "own_http_requests_total" in expression:
            rows = [{"metric": {**LABELS, "status": "200"}, "value": [0, "100"], "values": [[600.0, "100"]]}]
        elif "histogram_sum" in expression:
            rows = [{"metric": LABELS, "value": [0, "20"]}]
        elif "own_http_request_duration_seconds[" in expression.replace('{job="shop"}', ""):
            rows = [{"metric": LABELS, "histogram": [0, {"count": "100", "sum": "20", "buckets": buckets}]}]
        else:
            rows = []
        return 200, answer(rows)

    found, _ = read(engine, Range(0, 600), 600)
    one = found.whole.things[USERS]
    assert (0.2, 0.2, 0.2 * 2**0.8) == (pytest.approx(one.mean), one.p50, pytest.approx(one.p90))


@pytest.mark.parametrize(
    ("interval", "seconds", "expected"),
    [(15, 3600, 120), (5, 600, 20), (60, 600, 240), (60, 120, 120), (1, 30, 4)],
)
def test_slices_of_scrapes(interval, seconds, expected) -> None:
    """A slice has four scrapes at least, however often there is one."""

    def engine(path, query):
        window = int(re.search(r"own_monitor_workers.*\[([0-9]+)s\]", query["query"][0])[1])
        return 200, answer([{"metric": {}, "value": [0, str(window / interval)]}])

    with Answers(engine) as server:
        source = OfPrometheus(Prometheus(Client(server.url)), Expressions("own", ('job="shop"',)))
        assert expected == source.widths(Range(10_000, 10_000 + seconds)).good


@pytest.fixture
def service(clock):
    """A service with ten minutes of history, in the first half of which everything was twice as quick."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock)
    for number in range(120):
        with monitor_db_operation("select", "users", monitor=monitor):
            clock.advance(0.1 if number < 60 else 0.2)
        clock.advance(5 - clock.now % 5)
        monitor._sampler.sample()
    with monitor.serve(port=0) as server:
        yield OfService(Service(Client(f"http://127.0.0.1:{server.port}"), "/metrics"))


def test_service(service, clock) -> None:
    """A service's report is of its history, in slices of whole steps."""
    asked = Range(int(clock.now) - 300, int(clock.now))
    assert (5, 10) == service.widths(asked)
    found = service.reading(asked, 10, lambda _: None)
    thing = Thing(DATABASE, ("select", "users"))
    assert (60, 0.2) == (found.whole.things[thing].events, pytest.approx(found.whole.things[thing].mean))
    assert [2] * 30 == [one.things[thing].events for one in found.slices]
    before = service.reading(asked.earlier(300), 10, lambda _: None)
    assert 0.1 == pytest.approx(before.whole.totals[DATABASE].mean)


def test_service_that_has_forgotten(service, clock) -> None:
    """A range of which nothing is kept is told with its dates."""
    with pytest.raises(NoAnswerError, match=r"no history of 1970-01-1\dT.*Z to "):
        service.widths(Range(int(clock.now) - 90000, int(clock.now) - 86400))
