"""The dashboard as it is served: by this host alone, under the rules of access, with and without charts."""

from __future__ import annotations

import json
import re
from unittest.mock import Mock

import pytest
from support.programs import need_module

from mcp_perf import PerformanceMonitor, monitor_db_operation, monitor_workflow_step
from mcp_perf.access import basic
from mcp_perf.endpoint import Endpoint, Request

PATHS = ("/dashboard", "/dashboard/app.js", "/dashboard/style.css", "/dashboard/data")


@pytest.fixture
def monitor(clock):
    """A monitor with two steps of history."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock)
    for number in range(4):
        clock.advance(2.5)
        with monitor_db_operation("select", "users", monitor=monitor):
            clock.advance(0.1)
        for step in ("second", "first"):
            with monitor_workflow_step("order", step, monitor=monitor):
                clock.advance(0.2 if step == "first" else 0.1)
        if number % 2:
            monitor._sampler.sample()
    return monitor


def ask(monitor, path, query=""):
    return Endpoint(monitor).answer(Request("GET", path, query=query))


def data(monitor, query=""):
    answer = ask(monitor, "/dashboard/data", query)
    assert 200 == answer.status, answer.body
    return json.loads(answer.body)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_from_elsewhere(monitor, path) -> None:
    """Each page says that no script stands within it, and that nothing comes from another host."""
    answer = ask(monitor, path)
    headers = dict(answer.headers)
    policy = dict(one.strip().split(" ", 1) for one in headers["Content-Security-Policy"].split(";"))
    assert 200 == answer.status
    assert ("'none'", "'self'", "'self'") == (
        policy["default-src"],
        policy["script-src"],
        policy["connect-src"],
    )
    assert ("'none'", "nosniff") == (policy["frame-ancestors"], headers["X-Content-Type-Options"])
    if path != "/dashboard/data":
        text = answer.body.decode()
        assert [] == re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
        assert [] == re.findall(r"<script(?![^>]*\ssrc=)|\son[a-z]+=|\sstyle=|innerHTML|eval\(", text)


@pytest.mark.parametrize(("path", "below"), [("/dashboard", "dashboard/"), ("/dashboard/", "")])
def test_page_finds_what_is_below_it(monitor, path, below) -> None:
    """With and without a slash at the end the page asks for what is below it."""
    body = ask(monitor, path).body.decode()
    assert f'src="{below}app.js"' in body
    assert f'href="{below}style.css"' in body
    assert "@below@" not in body


def test_access(clock) -> None:
    """The page and all below it have a rule of their own, or that of all pages."""
    closed = PerformanceMonitor(registry=None, access={"dashboard": basic({"u": "p"})})
    for path in (*PATHS, "/dashboard/plotly.js"):
        assert 401 == ask(closed, path).status
    assert 200 == ask(closed, "/summary").status
    everything = PerformanceMonitor(registry=None, access=basic({"u": "p"}))
    assert [401] * 4 == [ask(everything, path).status for path in PATHS]
    summary = PerformanceMonitor(registry=None, access={"metrics": None, "summary": basic({"u": "p"})})
    assert [401] * 4 == [ask(summary, path).status for path in PATHS]
    others = PerformanceMonitor(registry=None, access={"*": basic({"u": "p"}), "metrics": None})
    assert 401 == ask(others, "/dashboard").status


def test_numbers_are_those_of_the_summary(monitor) -> None:
    """What the page shows is the summary of the same window, as long as its tables may be."""
    found = data(monitor, "window=60")["summary"]
    summary = json.loads(ask(monitor, "/summary", "window=60&top=2000").body)
    for section in ("window", "http", "database", "workflows", "custom"):
        assert summary[section] == found[section]
    assert 4 == found["database"]["operations"][0]["count"]


def test_waterfall(monitor) -> None:
    """Steps follow each other as they ran, each as long as it takes in the mean."""
    (found,) = data(monitor)["waterfalls"]
    assert ("order", ["second", "first"]) == (found["workflow"], [one["step"] for one in found["steps"]])
    assert [0.0, 0.1] == pytest.approx([one["begins"] for one in found["steps"]])
    assert [0.1, 0.2] == pytest.approx([one["seconds"] for one in found["steps"]])
    assert 0.3 == pytest.approx(found["seconds"])


def test_charts_are_figures(monitor) -> None:
    """Each chart is a figure that plotly takes, with the times of the points."""
    need_module("plotly")
    from plotly import graph_objects as figures

    charts = data(monitor, "window=60")["charts"]
    assert {"traffic", "errors", "latency", "heatmap", "database", "cpu", "memory"} <= set(charts)
    for chart in charts.values():
        figures.Figure(chart)
    latency = {trace["name"]: trace["y"] for trace in charts["database"]["data"]}
    assert ["p50", "p95", "p99"] == list(latency)
    assert [0.1, 0.1] == pytest.approx(latency["p95"], rel=0.05)


def test_without_the_library(monitor, monkeypatch) -> None:
    """Without plotly the tables are there, and the page says how to get the charts."""
    monkeypatch.setattr("mcp_perf.dashboard.assets.library", lambda: None)
    found = data(monitor)
    assert {} == found["charts"]
    assert ["For charts install plotly: pip install 'mcp_perf[dashboard]'"] == found["hints"]
    assert 4 == found["summary"]["database"]["operations"][0]["count"]
    assert 404 == ask(monitor, "/dashboard/plotly.js").status


def test_library_is_served() -> None:
    """The library comes from the package that is installed, and may be kept for a day."""
    need_module("plotly")
    answer = ask(PerformanceMonitor(registry=None), "/dashboard/plotly.js")
    assert 200 == answer.status
    assert "private, max-age=86400" == dict(answer.headers)["Cache-Control"]
    assert b"plotly.js v" in answer.body[:200]


def test_without_history(clock) -> None:
    """Where no history is kept the page has what has come since the beginning, and says so."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, history="off")
    with monitor_db_operation("select", "users", monitor=monitor):
        clock.advance(1)
    found = data(monitor)
    assert 1 == found["summary"]["database"]["operations"][0]["count"]
    assert "No history is kept" in found["hints"][-1]


def test_history_that_cannot_be_read(monitor, monkeypatch) -> None:
    """Where only a part of the past can be read none of it is shown, and the page says so."""
    need_module("plotly")
    monkeypatch.setattr("mcp_perf.dashboard.data.points", Mock(side_effect=OSError("gone")))
    found = data(monitor)
    assert ({}, 0) == (found["charts"], found["kept_seconds"])
    assert "window" not in found["summary"]
    assert "No history is kept" in found["hints"][-1]


def test_how_much_is_kept(monitor) -> None:
    """The page learns how far back it can go."""
    assert 6 * 3600 == data(monitor)["kept_seconds"]


@pytest.mark.parametrize("query", ["window=0", "window=x", "top=0"])
def test_wrong_query(monitor, query) -> None:
    """A wrong query is answered 400, as by the summary."""
    assert 400 == ask(monitor, "/dashboard/data", query).status
