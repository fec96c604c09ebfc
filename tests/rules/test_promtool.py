"""What the command writes, by Prometheus's own tool: every rule is one, and alerts fire when they should."""

from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml

from mcp_perf import PerformanceMonitor, monitor_db_operation
from mcp_perf.cli import main
from mcp_perf.promql import Objectives, Recorded

HERE = Path(__file__).parent
TESTS = sorted((HERE / "promtool").glob("*.yml"))
SLO = HERE / "slo.yml"
RUNBOOK = HERE.parents[1] / "docs" / "runbook.rst"


def promtool(program, *words):
    """Status and output of promtool."""
    done = subprocess.run(
        [program, *map(str, words)], check=False, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """The file with the rules of ``slo.yml``."""
    path = tmp_path_factory.mktemp("rules") / "rules.yml"
    assert 0 == main(["rules", "--slo", str(SLO), "--out", str(path)])
    return path


def alerts(path):
    """The names of the alerts in a file of rules."""
    groups = yaml.safe_load(path.read_text())["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


@pytest.mark.parametrize("words", [(), ("--slo", SLO), ("--keep", "cluster"), ("--select", '{env="prod"}')])
def test_check(need, tmp_path, words) -> None:
    """Whatever the options, ``promtool check rules`` has nothing to say."""
    path = tmp_path / "rules.yml"
    assert 0 == main(["rules", "--out", str(path), *map(str, words)])
    status, output = promtool(need("promtool"), "check", "rules", "--lint-fatal", path)
    assert 0 == status, output


@pytest.mark.long
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_rules(need, rules, path) -> None:
    """The tests beside this file succeed."""
    shutil.copy(path, rules.parent)
    status, output = promtool(need("promtool"), "test", "rules", rules.parent / path.name)
    assert 0 == status, output


def test_all_slower_than_the_greatest_bucket(need, tmp_path) -> None:
    """HighLatency fires where all requests take longer than any bucket, whatever the buckets."""
    bounds = (0.1, 0.25, 0.5, 1.0, 1.5)
    monitor = PerformanceMonitor(registry=None, buckets=bounds)
    with monitor_db_operation("select", "users", monitor=monitor):
        pass
    with monitor.serve(port=0) as server:
        words = ("rules", f"http://127.0.0.1:{server.port}", "--out", str(tmp_path / "rules.yml"))
        assert 0 == main(words)
    requests = 'job="shop", method="GET", route="/", status="200"'
    buckets = f"mcp_http_request_duration_seconds_bucket{{{requests}, le="
    firing = 'ALERTS{alertname="HighLatency", alertstate="firing"'
    test = {
        "interval": "1m",
        "input_series": [
            {"series": f"mcp_http_requests_total{{{requests}}}", "values": "0+60x60"},
            {"series": f'{buckets}"+Inf"}}', "values": "0+60x60"},
            *({"series": f'{buckets}"{bound}"}}', "values": "0x60"} for bound in bounds),
        ],
        "promql_expr_test": [
            {
                "expr": f"{firing}}}",
                "eval_time": "40m",
                "exp_samples": [{"labels": f'{firing}, job="shop", severity="ticket"}}', "value": 1}],
            }
        ],
    }
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [test]}))
    status, output = promtool(need("promtool"), "test", "rules", path)
    assert 0 == status, output


def asked(path):
    """Of each question: the names of alerts, those of them that fire, and whether a job stays out of it."""
    for test in yaml.safe_load(path.read_text())["tests"]:
        jobs = set(re.findall(r'job="(\w+)"', str(test["input_series"])))
        for question in test["promql_expr_test"]:
            names = "|".join(re.findall(r'alertname=~?"([^"]+)"', question["expr"]))
            gives = str(question["exp_samples"])
            firing = (
                set(re.findall(r'alertname="(\w+)"', gives)) or {names} if question["exp_samples"] else set()
            )
            yield names, firing, bool(jobs - set(re.findall(r'job="(\w+)"', gives)))


def test_every_alert_fires_and_does_not(rules) -> None:
    """Each alert fires in some test, and in some it does not: at another moment, or for another job."""
    found, fires, is_silent = alerts(rules), set(), set()
    for names, firing, stays_out in (question for path in TESTS for question in asked(path)):
        matching = {name for name in found if names and re.fullmatch(names, name)}
        fires |= matching & firing
        is_silent |= matching if stays_out else matching - firing
    assert (found, found) == (fires, is_silent)


def test_documented(rules, tmp_path) -> None:
    """The page of rules has every alert with its severity; the examples on that of objectives are right."""
    text = (RUNBOOK.parent / "rules.rst").read_text()
    rows = re.findall(r"^(``.*``) +(page|ticket|info|both) ", text, re.MULTILINE)
    said = {name: severity for names, severity in rows for name in re.findall(r"``(\w+)``", names)}
    groups = yaml.safe_load(rules.read_text())["groups"]
    found = {}
    for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
        found.setdefault(rule["alert"], set()).add(rule["labels"]["severity"])
    assert {name: "both" if len(each) > 1 else min(each) for name, each in found.items()} == said
    blocks = re.findall(r"::\n\n((?:    .*\n|\n)+)", (RUNBOOK.parent / "slo.rst").read_text())
    (tmp_path / "slo.yml").write_text("".join(textwrap.dedent(block) for block in blocks))
    assert 3 == len(blocks)
    assert 0 == main(["rules", "--slo", str(tmp_path / "slo.yml"), "--out", str(tmp_path / "rules.yml")])


def test_budget_left() -> None:
    """What dashboards show of a budget is what is documented, and what the tests beside this file ask."""
    expression = Objectives(Recorded()).budget_left
    for path in (RUNBOOK.parent / "slo.rst", HERE / "promtool" / "objectives.yml"):
        assert expression in " ".join(path.read_text().split()), path


def test_runbook(rules) -> None:
    """Each alert has a section in the runbook, its anchor in lower case; there are no others."""
    headings = re.findall(r"^(\w+)\n[-]+$", RUNBOOK.read_text(), re.MULTILINE)
    anchors = re.findall(r"^\.\. _(\w+):$", RUNBOOK.read_text(), re.MULTILINE)
    assert (alerts(rules), {name.lower() for name in alerts(rules)}) == (set(headings), set(anchors))
