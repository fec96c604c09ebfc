"""What has come in the last seconds, as a summary and step by step."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.readings import FakeClock

from mcp_perf import PerformanceMonitor, monitor_db_operation, monitor_workflow_step
from mcp_perf.endpoint import Endpoint, Request
from mcp_perf.summary import schema

SUMMARY = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
POINTS = Draft202012Validator(schema("points"), format_checker=Draft202012Validator.FORMAT_CHECKER)


class App:
    """A monitor whose history is written when a test says so."""

    def __init__(self, clock, **settings):
        self.clock = clock
        self.monitor = PerformanceMonitor(registry=None, clock=clock.clock, **settings)
        self.endpoint = Endpoint(self.monitor)

    def work(self, table, seconds, error=None):
        try:
            with monitor_db_operation("select", table, monitor=self.monitor):
                self.clock.advance(seconds)
                if error is not None:
                    raise error
        except ValueError:
            pass

    def step(self):
        self.clock.advance(5 - self.clock.now % 5)
        self.monitor._sampler.sample()

    def ask(self, query, status=200):
        answer = self.endpoint.answer(Request("GET", "/summary", query=query))
        assert status == answer.status, answer.body
        return json.loads(answer.body) if status == 200 else answer.body.decode()


@pytest.fixture
def app(clock):
    return App(clock)


def test_window(app) -> None:
    """With `window` a summary is of what came in the last seconds: numbers, errors, quantiles."""
    app.work("users", 1)
    app.step()
    for seconds in (0.1, 0.1, 0.1, 3):
        app.work("orders", seconds)
    app.work("users", 0.5, ValueError())
    app.step()

    found = app.ask("window=4")
    assert [] == [error.message for error in SUMMARY.iter_errors(found)]
    assert {"seconds": 5.0, "ended_at": "1970-01-12T13:46:50+00:00", "step_seconds": 5} == found["window"]
    users, orders = sorted(found["database"]["operations"], key=lambda one: one["count"])
    assert ("users", 1, 1, {"error": 1}) == (
        users["table"],
        users["count"],
        users["errors"],
        users["statuses"],
    )
    assert 4 == orders["count"]
    together = found["database"]
    assert (5, 1, 0.2) == (together["count"], together["errors"], together["error_rate"])
    assert 0.76 == pytest.approx(together["latency_seconds"]["mean"])
    assert 0.825 == pytest.approx(orders["latency_seconds"]["mean"])
    assert 3 == pytest.approx(orders["latency_seconds"]["max"], rel=0.05)

    everything = app.ask("window=3600")
    assert [2, 4] == sorted(one["count"] for one in everything["database"]["operations"])
    assert "window" not in app.ask("")


def test_window_of_before(app) -> None:
    """With `until` it is what came before that moment; windows side by side have each event once."""
    came = []
    for number in range(40):
        for _ in range(number):
            app.work("users", 0.01)
        app.step()
        came.append((app.clock.now, number))
    moments = [came[place][0] for place in (9, 19, 29)]
    found = [app.ask(f"window=50&until={moment:.0f}") for moment in moments]
    counts = [one["database"]["operations"][0]["count"] for one in found]
    assert [sum(number for _, number in came[place : place + 10]) for place in (0, 10, 20)] == counts

    plotted = app.ask(f"window=50&step=5&until={moments[1]:.0f}")
    assert list(range(10, 20)) == plotted["database"]["events"]
    assert moments[1] == plotted["times"][-1]


@pytest.mark.long
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    late=st.lists(st.floats(0, 1), min_size=1, max_size=9),
    borders=st.lists(st.integers(0, 400), min_size=1, max_size=8, unique=True),
    step=st.sampled_from([5, 15, 60]),
)
def test_windows_side_by_side(late, borders, step) -> None:
    """Wherever the borders are, windows and plots side by side have each event once."""
    clock = FakeClock()
    app = App(clock, history="5s:1m, 15s:3m, 60s:20m")
    begun = clock.now
    for number in range(80):
        for _ in range(number):
            app.work("users", 0)
        clock.advance(5 - (clock.now - begun) % 5 + late[number % len(late)])
        app.monitor._sampler.sample()
    clock.advance(2)
    moments = [begun, *(begun + one for one in sorted(borders)), clock.now + 1]

    def come(begin, end, more=""):
        found = app.ask(f"window={end - begin:.0f}&until={end:.0f}{more}")["database"]
        return sum(found["events"]) if more else found["count"]

    pairs = [pair for pair in itertools.pairwise(moments) if pair[1] - pair[0] >= 1]
    assert sum(range(80)) == sum(come(*pair) for pair in pairs)
    recent = [pair for pair in pairs if pair[0] > clock.now - 30]  # of which the finest steps have all
    plotted = sum(come(*pair, f"&step={step}") for pair in recent)
    assert sum(come(*pair) for pair in recent) == plotted


def test_window_of_long_before(app) -> None:
    """What the finest steps have lost is read of coarser ones, however short the window is."""
    for _ in range(3 * 720):
        app.work("users", 0.01)
        app.step()
    then = app.clock.now - 2 * 3600
    found = app.ask(f"window=300&until={then:.0f}")
    assert (60, 300.0) == (
        found["database"]["operations"][0]["count"],
        pytest.approx(found["window"]["seconds"]),
    )
    assert 0 == app.ask(f"window=300&until={then - 9 * 3600:.0f}")["window"]["seconds"]


def test_window_with_top(app) -> None:
    """`top` is of what came in the window."""
    for table, number in (("a", 3), ("b", 1)):
        for _ in range(number):
            app.work(table, 0.1)
    app.step()
    app.work("b", 0.1)
    app.step()

    found = app.ask("window=4&top=1")["database"]
    assert (["b"], 0) == ([one["table"] for one in found["operations"]], found["operations_omitted"])


def test_nothing_yet(app) -> None:
    """Before the first step there is nothing, and it says so."""
    found = app.ask("window=60")
    assert [] == [error.message for error in SUMMARY.iter_errors(found)]
    assert {"seconds": 0.0, "ended_at": None, "step_seconds": 5} == found["window"]
    points = app.ask("window=60&step=5")
    assert [] == [error.message for error in POINTS.iter_errors(points)]
    assert [] == points["times"]


def test_points(app) -> None:
    """With `step` it is columns over time: events, errors, quantiles, a heat map, gauges, processes."""
    app.work("users", 1)
    app.work("users", 2)
    app.step()
    app.step()
    app.work("users", 0.5, ValueError())
    with monitor_workflow_step("order", "pay", monitor=app.monitor):
        app.step()

    found = app.ask("window=15&step=5")
    assert [] == [error.message for error in POINTS.iter_errors(found)]
    assert [1_000_005, 1_000_010, 1_000_015] == found["times"]
    assert [5.0, 5.0, 5.0] == found["seconds"]
    database = found["database"]
    assert ([2, 0, 1], [0, 0, 1]) == (database["events"], database["errors"])
    assert {"success": [2, 0, 0], "error": [0, 0, 1]} == database["statuses"]
    assert [1.5, None, 0.5] == database["latency_seconds"]["mean"]
    assert [0.5, 0.5**0.5, 1.0, 2**0.5, 2.0] == pytest.approx(database["heatmap"]["bounds"])
    assert [[0, 0, 1, 0, 1], [0] * 5, [1, 0, 0, 0, 0]] == database["heatmap"]["counts"]
    assert [0, 0, 1] == found["workflows"]["active"]
    assert [1, 1, 1] == found["process"]["workers"]

    coarse = app.ask("window=15&step=15")
    assert ([1_000_005, 1_000_020], [2, 1]) == (coarse["times"], coarse["database"]["events"])


def test_seconds_that_nobody_has_seen(app) -> None:
    """Where nobody has kept history there is null, which no plot draws as zero."""
    app.work("users", 1)
    app.step()
    app.step()
    app.clock.advance(15)
    app.step()

    found = app.ask("window=60&step=5")
    assert [1, 0, None, 0] == found["database"]["events"]
    assert [5.0, 5.0, 0, 20.0] == found["seconds"]
    assert [] == [error.message for error in POINTS.iter_errors(found)]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("window=0", "window must be a whole number from 1 to 2678400, not '0'"),
        ("window=1m", "window must be a whole number from 1 to 2678400, not '1m'"),
        ("window=60&window=60", "window must be given once, not 2 times"),
        ("until=1766000000", "until must come with window, which says of how many seconds"),
        ("step=5", "step must come with window, which says of how many seconds"),
        ("window=60&step=x", "step must be a whole number from 1 to 2678400, not 'x'"),
    ],
)
def test_wrong_query(app, query, words) -> None:
    """What cannot be is answered 400, in one sentence."""
    assert f"{words}\n" == app.ask(query, 400)


def test_without_history(clock) -> None:
    """Where no history is kept the answer says which setting that is."""
    app = App(clock, history="off")
    assert "window is of no use here: the setting history is 'off'\n" == app.ask("window=60", 400)
