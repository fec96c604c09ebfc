"""Every expression of every dashboard, asked of a real Prometheus and a real VictoriaMetrics, gives data."""

import contextlib
import http.client
import json
import math
import threading

import pytest
from support import programs
from support.grafana import dashboards, expressions, filled, variables
from support.prometheus import scraping
from support.servers import APPS, PATIENCE, running, settled, uvicorn
from support.victoriametrics import scraping as storing

from mcp_perf.cli import main

pytest.importorskip("grafana_foundation_sdk")  # which Python 3.10 has not
pytestmark = pytest.mark.real

APP = "everything"
VALUES = {"route": "/users/{uid}"}


OBJECTIVES = """
interval: 1s
objectives:
  - {name: requests, availability: 90, latency: {threshold: 0.5, share: 99}}
  - {name: reads, operation: select, availability: 99.9}
"""


class Traffic:
    """Requests of every kind, again and again, as long as the context lasts."""

    def __init__(self, server):
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(PATIENCE)

    def _ask(self):
        from websockets.sync.client import connect

        number = 0
        while not self._over.wait(0.02):
            number += 1
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._server.ask(f"/users/{number}")
                self._server.ask(
                    "/orders", "POST", json.dumps({"lines": [number]}), {"content-type": "application/json"}
                )
                if number % 5 == 0:
                    self._server.ask("/broken")
                    self._server.ask("/missing")
                    with connect(f"ws://{self._server.address}/live") as socket:
                        socket.send("bye")
                        next(iter(socket), None)


@pytest.fixture(scope="module")
def server():
    with running(uvicorn("everything:app", directory=APPS)) as found, Traffic(found):
        assert settled(lambda: b"mcp_websocket_duration_seconds_count" in found.render()[1], True)
        yield found


@pytest.fixture(scope="module")
def written(server, tmp_path_factory):
    """The dashboards that the command makes of the service, and those for native histograms."""
    found = {}
    for name, options in (("classic", []), ("native", ["--native"])):
        directory = tmp_path_factory.mktemp(name)
        assert 0 == main(["dashboards", server.address, "--out", str(directory), *options])
        found[name] = dashboards(directory / "dashboards")
    return found


@pytest.fixture(scope="module")
def engines(server, tmp_path_factory):
    """A VictoriaMetrics that a Prometheus writes to, that Prometheus, and one with native histograms."""
    prometheus, victoria = programs.need("prometheus"), programs.need("victoria-metrics")
    rules, objectives = (tmp_path_factory.mktemp("rules") / name for name in ("rules.yml", "slo.yml"))
    objectives.write_text(OBJECTIVES)
    assert 0 == main(["rules", server.address, "--slo", str(objectives), "--out", str(rules)])
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(storing(victoria, tmp_path_factory.mktemp("victoria"), []))
        remote = [{"url": f"http://{store.address}/api/v1/write"}]
        plain, native = (
            stack.enter_context(
                scraping(
                    prometheus,
                    {APP: server},
                    tmp_path_factory.mktemp("prometheus"),
                    features=features,
                    rule_files=[str(rules)],
                    **sections,
                )
            )
            for features, sections in (([], {"remote_write": remote}), (["native-histograms"], {}))
        )
        yield {"prometheus": plain, "victoriametrics": store, "native": native}


def has_data(engine, expression):
    """Whether there is a number, or a native histogram."""
    return any(
        "histogram" in one or math.isfinite(float(one["value"][1])) for one in engine._found(expression)
    )


@pytest.mark.parametrize(
    ("engine", "kind"), [("prometheus", "classic"), ("victoriametrics", "classic"), ("native", "native")]
)
@pytest.mark.parametrize(
    "board", ["overview", "route", "database", "workflows", "calls", "custom", "workers", "slo"]
)
def test_every_expression_gives_data(engines, written, engine, kind, board):
    """What the panels and the variables of a dashboard ask has an answer, with a number in it."""
    dashboard, asked = written[kind][f"mcp-{board}"], engines[engine]
    questions = {
        key: filled(expression, VALUES)
        for key, expression in {**expressions(dashboard), **variables(dashboard)}.items()
    }

    def without_data():
        return {key: one for key, one in questions.items() if not has_data(asked, one)}

    assert {} == settled(without_data, {}, 3 * PATIENCE)


def test_nothing_but_what_there_is(written):
    """There are exactly the dashboards of what the toolkit measures, and of the service's own metrics."""
    expected = {f"mcp-{name}" for name in ("overview", "route", "database", "workflows", "calls", "custom")}

    assert expected | {"mcp-workers", "mcp-slo"} == written["classic"].keys()


ENGINES = ("prometheus", "victoriametrics")


@pytest.mark.parametrize("engine", ENGINES)
def test_share_of_errors(engines, written, engine):
    """The overview's table has the share of failures of each route, 0 where none has failed."""
    rows = expressions(written["classic"]["mcp-overview"])
    [errors] = [one for (_, title, reference), one in rows.items() if (title, reference) == ("Routes", "B")]
    expected = {("/users/{uid}",): 0.0, ("/orders",): 0.0, ("/broken",): 1.0, ("<unmatched>",): 0.0}

    assert expected == settled(lambda: engines[engine].by(filled(errors, VALUES), "route"), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_faults(engines, written, engine):
    """Faults are counted by name; what has never been is 0 of a service that is scraped, and else nothing."""
    asked = expressions(written["classic"]["mcp-workers"])
    charts = {title: one for (_, title, _), one in asked.items() if "rate_interval" in one}
    expected = {
        ("Overflowed", "family"): {("jobs_total",)},
        ("Scrape errors", "collector"): {("Broken",)},
        ("Events lost", "where"): {("none",)},
    }

    def names():
        return {
            (title, label): set(engines[engine].by(filled(charts[title], {}), label))
            for title, label in expected
        }

    assert expected == settled(names, expected)
    assert {} == engines[engine].query(filled(charts["Events lost"], {"job": "nobody"}))
