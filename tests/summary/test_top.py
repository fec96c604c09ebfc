"""The shortened summary: what is greatest, and how much more there is."""

from __future__ import annotations

import pytest

from mcp_perf import PerformanceMonitor, catalogue, monitor_db_operation, monitor_workflow_step
from mcp_perf.summary import summarise, written

ROUTES = {"/a": 2, "/b": 5, "/c": 5, "/d": 1}


@pytest.fixture
def busy(monitor):
    """A monitor that has measured some of each."""
    family = monitor.family(catalogue.HTTP_REQUESTS)
    for route, number in ROUTES.items():
        for count in range(number):
            family.labels("GET", route, "500" if count == 1 else "200").observe(0.1 * number)
    for number in (1, 3, 2):
        for _ in range(number):
            with monitor_db_operation("select", f"t{number}", monitor=monitor):
                pass
            with monitor_workflow_step("order", f"s{number}", monitor=monitor):
                pass
        monitor.counter("jobs", "Jobs.", ["kind"]).labels(f"k{number}").inc(number)
        monitor.gauge("level", "Level.", ["kind"]).labels(f"k{number}").set(number)
        for _ in range(number):
            monitor.histogram("sizes", "Sizes.", ["kind"]).labels(f"k{number}").observe(1)
    return monitor


def routes(summary):
    return [route["route"] for route in summary["http"]["routes"]]


def kinds(summary, name):
    [metric] = [one for one in summary["custom"] if one["name"] == name]
    return [one["labels"]["kind"] for one in metric["series"]], metric.get("series_omitted")


@pytest.mark.parametrize(
    ("top", "expected", "omitted"),
    [
        (1, ["/b"], 3),
        (2, ["/b", "/c"], 2),
        (3, ["/b", "/c", "/a"], 1),
        (4, ["/b", "/c", "/a", "/d"], 0),
        (9, ["/b", "/c", "/a", "/d"], 0),
    ],
)
def test_routes(busy, top, expected, omitted) -> None:
    """The routes with most requests come first, ties by their names; what is left out is counted."""
    found = summarise(busy.snapshot(), top)

    assert (expected, omitted) == (routes(found), found["http"]["routes_omitted"])


def test_without_top(busy) -> None:
    """Without `top` everything is there by name, and nothing is said of what was left out."""
    found = summarise(busy.snapshot())

    assert ["/a", "/b", "/c", "/d"] == routes(found)
    assert b"_omitted" not in b"".join(written(found))


def test_totals_are_of_all(busy) -> None:
    """Totals count what is left out, too."""
    every, short = summarise(busy.snapshot()), summarise(busy.snapshot(), 1)
    totals = ("requests", "errors", "error_rate", "latency_seconds")

    assert [every["http"][key] for key in totals] == [short["http"][key] for key in totals]
    assert (13, 3) == (short["http"]["requests"], short["http"]["errors"])


def test_an_entry_is_the_same(busy) -> None:
    """What is shown of a route does not hang on how many are."""
    every, short = summarise(busy.snapshot()), summarise(busy.snapshot(), 1)

    assert every["http"]["routes"][1] == short["http"]["routes"][0]


def test_operations_and_steps(busy) -> None:
    """Of operations and steps those with most events."""
    found = summarise(busy.snapshot(), 2)

    assert ["t3", "t2"] == [one["table"] for one in found["database"]["operations"]]
    assert ["s3", "s2"] == [one["step"] for one in found["workflows"]["steps"]]
    assert 1 == found["database"]["operations_omitted"] == found["workflows"]["steps_omitted"]


@pytest.mark.parametrize("name", ["jobs_total", "level", "sizes"])
def test_metrics_of_one_s_own(busy, name) -> None:
    """Of each metric of one's own the series with the greatest values."""
    assert (["k3", "k2"], 1) == kinds(summarise(busy.snapshot(), 2), name)
    assert (["k1", "k3", "k2"], None) == kinds(summarise(busy.snapshot()), name)


def test_what_is_no_number_is_last(monitor) -> None:
    """A series that has no number comes after all others."""
    for kind, value in (("a", float("nan")), ("b", float("-inf")), ("c", -5), ("d", float("inf"))):
        monitor.gauge("level", "Level.", ["kind"]).labels(kind).set(value)

    assert (["d", "c", "b"], 1) == kinds(summarise(monitor.snapshot(), 3), "level")


def test_exceptions_and_active_workflows(monitor) -> None:
    """All other lists that labels make longer are shortened as well."""
    for number in (1, 2):
        monitor.family(catalogue.HTTP_EXCEPTIONS).labels("GET", f"/{number}", "ValueError").add(number)
        monitor.family(catalogue.WEBSOCKET_ACTIVE).labels(f"/{number}").add(number)
        monitor.family(catalogue.WEBSOCKET_TOTAL).labels(f"/{number}", "1000").add(number)
        monitor.family(catalogue.ACTIVE_WORKFLOWS).labels(f"w{number}").add(number)
    found = summarise(monitor.snapshot(), 1)

    assert ({"w2": 2}, 1) == (found["workflows"]["active"], found["workflows"]["active_omitted"])
    assert 1 == found["http"]["exceptions_omitted"]
    sockets = found["http"]["websockets"]
    assert (1, 1) == (sockets["active_omitted"], sockets["connections_omitted"])
    shown = [found["http"]["exceptions"], sockets["active"], sockets["connections"]]
    assert [2, 2, 2] == [one["value"] for [one] in shown]


@pytest.mark.parametrize("top", [0, -1, 1.0, "1", True])
def test_wrong_top(monitor, top) -> None:
    """A `top` that is no whole number above 0 is refused."""
    with pytest.raises(ValueError, match=r"^top must be a whole number above 0, or None for all, not "):
        summarise(monitor.snapshot(), top)


def test_quantiles(clock) -> None:
    """Quantiles are within 5 % of the exact ones, over statuses and over routes, and the mean is exact."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock)
    family = monitor.family(catalogue.HTTP_REQUESTS)
    durations = [0.0001 * 1.01**number for number in range(1000)]
    for number, seconds in enumerate(durations):
        family.labels("GET", f"/{number % 7}", str(200 + number % 3)).observe(seconds)
    found = summarise(monitor.snapshot())["http"]
    first = [seconds for number, seconds in enumerate(durations) if number % 7 == 0]

    for seconds, latency in (
        (durations, found["latency_seconds"]),
        (first, found["routes"][0]["latency_seconds"]),
    ):
        exact = {name: seconds[-(-len(seconds) * share // 100) - 1] for name, share in SHARES.items()}
        assert sum(seconds) / len(seconds) == pytest.approx(latency.pop("mean"), rel=1e-12)
        assert exact == pytest.approx(latency, rel=0.05)


SHARES = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}
