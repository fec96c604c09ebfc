"""``mcp-perf rules`` in a real Prometheus, its expressions in a real VictoriaMetrics, a real Alertmanager."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest
import yaml
from support import programs, websocket
from support.alertmanager import alerting, receiving
from support.prometheus import scraping
from support.servers import APPS, TESTS, Command, running, settled, uvicorn
from support.victoriametrics import scraping as victoria_scraping

from mcp_perf.cli import main

pytestmark = pytest.mark.real

RECIPE = TESTS.parent / "deploy" / "prometheus" / "prometheus.yml"
SLO = """
interval: 1s
windows: [{long: 10s, short: 5s, factor: 14.4, severity: page}]
objectives:
  - {name: buy, route: /checkout, method: POST, availability: 99.9, latency: {threshold: 0.25, share: 99}}
  - {name: reads, operation: [select, "in|sert"], latency: {threshold: 1, share: 99}}
  - {name: pay, workflow: checkout, step: pay, availability: 99}
"""
# Nobody has taken the space of the workers' files away, nor the receiver of what is pushed.
WITHOUT_DATA = {
    "job_operation:mcp_monitor_storage_errors:rate5m",
    "job_exporter:mcp_monitor_export_errors:rate5m",
}
ASKED = ("/users/1", "/users/2", "/broken", "/lost")


@contextlib.contextmanager
def repeated(act):
    """`act` is done over and over again meanwhile."""
    over = threading.Event()

    def repeat():
        while not over.wait(0.01):
            act()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def act(server):
    for path in ASKED:
        server.ask(path)
    server.ask("/checkout", "POST", b"all")


@pytest.fixture(scope="module")
def app():
    """An application under load, which has shown every metric."""
    with running(uvicorn("ruled:app", directory=APPS)) as server:
        with websocket.opened(server, "/echo") as connection:
            act(server)
            websocket.send(connection, websocket.TEXT, b"done")
        with repeated(lambda: act(server)):
            yield server


@pytest.fixture(scope="module")
def files(app, tmp_path_factory):
    """The directory with the rules of that application."""
    directory = tmp_path_factory.mktemp("rules")
    (directory / "slo.yml").write_text(SLO)
    words = ("--slo", str(directory / "slo.yml"), "--out", str(directory / "rules"))
    assert 0 == main(["rules", f"http://{app.address}", *words])
    return directory / "rules"


@pytest.fixture(scope="module")
def rules(files):
    """All rules that were written."""
    documents = [yaml.safe_load(path.read_text()) for path in sorted(files.iterdir())]
    return [rule for one in documents for group in one["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def engines(app, files, tmp_path_factory):
    """A Prometheus with the rules, a VictoriaMetrics that gets all of it, one that gets aggregates only."""
    victoria = programs.need("victoria-metrics")
    with contextlib.ExitStack() as stack:
        engines = [
            stack.enter_context(victoria_scraping(victoria, tmp_path_factory.mktemp("victoria"), []))
            for _ in range(2)
        ]
        writes = [{"url": f"http://{engine.address}/api/v1/write"} for engine in engines]
        [recipe] = yaml.safe_load(RECIPE.read_text())["remote_write"]
        writes[1] = {**recipe, **writes[1]}
        for write in writes:
            write["queue_config"] = {"batch_send_deadline": "1s"}
        more = {"rule_files": [str(files / "*.yml")], "remote_write": writes}
        prometheus = stack.enter_context(
            scraping(
                programs.need("prometheus"), {"shop": app}, tmp_path_factory.mktemp("prometheus"), **more
            )
        )
        prometheus.await_scrape(["shop"], time.time())
        yield prometheus, *engines


@pytest.fixture(scope="module")
def recorded(rules):
    """The names of what is recorded and has data here."""
    return {rule["record"] for rule in rules if "record" in rule} - WITHOUT_DATA


def names(engine):
    """The names of all that an engine has now."""
    return {name for (name,) in engine.by('count by (__name__) ({__name__!=""})', "__name__")}


def test_loaded(engines, rules) -> None:
    """Prometheus has loaded all of the rules, and evaluates each of them without an error."""
    prometheus, *_ = engines
    expected = sorted(rule.get("record") or rule["alert"] for rule in rules)
    assert {"ok"} == settled(lambda: {rule["health"] for rule in prometheus.rules()}, {"ok"}), [
        rule for rule in prometheus.rules() if rule["health"] != "ok"
    ]
    assert expected == sorted(rule["name"] for rule in prometheus.rules())


def test_recorded(engines, recorded) -> None:
    """Every recording rule gives data."""
    prometheus, *_ = engines
    assert set() == settled(lambda: recorded - names(prometheus), set())


def test_alerts(engines) -> None:
    """What is wrong with the application is an alert, and its annotations have been filled in."""
    prometheus, *_ = engines
    expected = {"EventsLost", "Exceptions", "ScrapeErrors", "SeriesOverflow"}

    def firing():
        return {name for (name,) in prometheus.by('ALERTS{alertstate="firing"}', "alertname")}

    assert expected == settled(firing, expected)
    annotations = [
        alert["annotations"]
        for rule in prometheus.rules()
        if rule["type"] == "alerting"
        for alert in rule["alerts"]
    ]
    assert annotations
    assert [] == [one for one in annotations if "error expanding" in str(one) or "{{" in str(one)]


def test_expressions_in_victoriametrics(engines, rules, recorded) -> None:
    """VictoriaMetrics, which gets all by remote write, takes every expression; those of records give data."""
    _, victoria, _ = engines
    assert set() == settled(lambda: recorded - names(victoria), set())
    without = {rule["record"] for rule in rules if not victoria.query(rule["expr"]) and "record" in rule}
    assert WITHOUT_DATA == without


def test_ratios(engines) -> None:
    """Each objective has its ratios, in VictoriaMetrics too; where nothing has failed they are 0."""
    prometheus, victoria, _ = engines
    failed = 'sum by (job) (increase(mcp_http_requests_total{route="/broken", status="500"}[30s])) > 0'
    assert [("shop",)] == settled(lambda: list(prometheus.by(failed, "job")), [("shop",)])
    available = dict.fromkeys([("buy", "availability"), ("pay", "availability")], 0.0)
    timed = {("buy", "latency"), ("reads", "latency")}
    ratio = "mcp:slo_errors:ratio_rate5m"
    for engine in (prometheus, victoria):
        assert available == settled(
            lambda engine=engine: engine.by(f'{ratio}{{sli="availability"}}', "slo", "sli"), available
        )
        assert timed == set(engine.by(f'{ratio}{{sli="latency"}}', "slo", "sli"))


def test_remote_write(engines, recorded) -> None:
    """The recipe carries the aggregates, and nothing else."""
    _, _, aggregates = engines
    assert set() == settled(lambda: recorded - names(aggregates), set())
    assert set() == {name for name in names(aggregates) if ":" not in name}


def test_alertmanager(tmp_path) -> None:
    """Alertmanager gets the availability alert of the demo when most requests fail, and then its end."""
    (tmp_path / "slo.yml").write_text(
        """
        windows: [{long: 10s, short: 5s, factor: 4, severity: page}]
        interval: 1s
        objectives: [{name: shop, availability: 90}]
        """
    )
    words = ["--slo", str(tmp_path / "slo.yml"), "--out", str(tmp_path / "rules.yml")]
    with contextlib.ExitStack() as stack:
        begin = stack.enter_context
        demo = begin(running(Command(("-m", "mcp_perf", "demo", "--port", "{port}"), tmp_path)))
        assert 0 == main(["rules", f"http://{demo.address}", *words])
        receiver = begin(receiving())
        manager = begin(alerting(programs.need("prometheus-alertmanager"), tmp_path, receiver))
        more = {
            "rule_files": [str(tmp_path / "rules.yml")],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager.address]}]}]},
        }
        prometheus = begin(scraping(programs.need("prometheus"), {"shop": demo}, tmp_path, **more))
        expected = {("shop", "availability")}
        ratio = "mcp:slo_errors:ratio_rate10s < 0.2"
        assert expected == settled(lambda: set(prometheus.by(ratio, "slo", "sli")), expected)
        assert [] == receiver.statuses("ErrorBudgetBurn")
        with contextlib.ExitStack() as failing:
            for _ in range(4):
                failing.enter_context(repeated(lambda: demo.ask("/fail")))
            assert ["firing"] == settled(lambda: receiver.statuses("ErrorBudgetBurn"), ["firing"], 40)
        both = ["firing", "resolved"]
        assert both == settled(lambda: receiver.statuses("ErrorBudgetBurn"), both, 40)
        [alert, *_] = [one for one in receiver.told if one["labels"]["alertname"] == "ErrorBudgetBurn"]
        assert ("shop", "availability", "page") == tuple(
            alert["labels"][label] for label in ("slo", "sli", "severity")
        )
