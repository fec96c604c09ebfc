"""``mcp-perf rules``: what is written where, and of what."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest
import yaml

from mcp_perf import PerformanceMonitor, catalogue, monitor_db_operation
from mcp_perf.cli import main

SLO = "objectives: [{name: all, availability: 99.9}]"


@pytest.fixture
def slo(tmp_path):
    path = tmp_path / "slo.yml"
    path.write_text(SLO)
    return path


def documents(text):
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def recorded(text):
    return {rule["record"]: rule["expr"] for rule in documents(text) if "record" in rule}


def test_standard_output(capsys) -> None:
    """With - everything is one document on standard output, and the namespace is mcp."""
    assert 0 == main(["rules", "--out", "-"])
    assert "job:mcp_monitor_workers:sum" in recorded(capsys.readouterr().out)


def test_directory(tmp_path, slo, capsys) -> None:
    """A directory has a file for each part; one that is written again without objectives has none of them."""
    out = tmp_path / "rules"
    assert 0 == main(["rules", "--slo", str(slo), "--out", str(out)])
    names = [f"mcp-{part}.yml" for part in ("aggregates", "objectives", "alerts")]
    assert set(names) == {path.name for path in out.iterdir()}
    assert [str(out / name) for name in names] == capsys.readouterr().out.splitlines()
    assert 0 == main(["rules", "--out", str(out)])
    assert {names[0], names[2]} == {path.name for path in out.iterdir()}
    removed = f"{out / names[1]} (removed: there are no such rules any more)"
    assert [str(out / names[0]), removed, str(out / names[2])] == capsys.readouterr().out.splitlines()


def test_file_that_is_not_ours(tmp_path, capsys) -> None:
    """A file of objectives that something else has written stays, and that is said."""
    path = tmp_path / "mcp-objectives.yml"
    path.write_text("groups: []\n")
    assert 0 == main(["rules", "--out", str(tmp_path)])
    assert "groups: []\n" == path.read_text()
    assert f"{path} (left as it is: something else has written it)" in capsys.readouterr().out


def test_environment(monkeypatch, capsys) -> None:
    """The namespace of the environment is that of the rules."""
    monkeypatch.setenv("MCP_PERF_NAMESPACE", "own")
    assert 0 == main(["rules", "--out", "-"])
    assert "job:own_monitor_workers:sum" in recorded(capsys.readouterr().out)


def test_service(tmp_path, capsys) -> None:
    """Of a service they have its namespace, its buckets and metrics of its own."""
    monitor = PerformanceMonitor(registry=None, namespace="own", buckets=[0.5, 0.6, 2])
    monitor.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    monitor.gauge("depth", "Depth.").set(2)
    monitor.histogram("took_seconds", "Time.", ["kind"], buckets=[1, 2]).labels("a").observe(1)
    with monitor_db_operation("select", "users", monitor=monitor):
        pass
    (tmp_path / "slo.yml").write_text(
        "objectives: [{name: a, operation: select, latency: {threshold: 0.6, share: 99}}]"
    )
    words = ["--slo", str(tmp_path / "slo.yml"), "--out", "-"]
    with monitor.serve(port=0) as server:
        assert 0 == main(["rules", f"http://127.0.0.1:{server.port}", *words])
    found = recorded(capsys.readouterr().out)
    assert "sum by (job, kind) (rate(jobs_total[5m]))" == found["job_kind:jobs:rate5m"]
    assert ("sum by (job) (depth)", "max by (job) (depth)") == (
        found["job:depth:sum"],
        found["job:depth:max"],
    )
    assert 'le="0.6"' in found["own:slo_errors:rate5m"]
    # 0.6 is near 0.5, but there is an objective of it; requests, which were none yet, have these bounds too.
    for name in ("db_operation", "http_request"):
        [buckets] = [
            rule for record, rule in found.items() if f"own_{name}_duration_seconds_bucket" in record
        ]
        assert "le=~" not in buckets


BUCKETS = "job_method_route_le:mcp_http_request_duration_seconds_bucket:rate5m"


def test_buckets(capsys) -> None:
    """Of a service's buckets those stay that are at least twice the one before."""
    monitor = PerformanceMonitor(registry=None)
    found = ""
    with monitor.serve(port=0) as server:
        for _ in range(2):
            assert "le=~" not in found  # nothing was timed yet, so nobody knows the buckets
            assert 0 == main(["rules", f"http://127.0.0.1:{server.port}", "--out", "-"])
            found = recorded(capsys.readouterr().out)[BUCKETS]
            with monitor_db_operation("select", "users", monitor=monitor):
                pass
    assert "0\\\\.05|0\\\\.1|0\\\\.25|" in found
    assert "0\\\\.075" not in found


def rules_of(monitor, capsys, *words):
    """What is written of a service."""
    with monitor.serve(port=0) as server:
        assert 0 == main(["rules", f"http://127.0.0.1:{server.port}", "--out", "-", *words])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("buckets", "kept"),
    [([0, 1, 5, 10], None), ([-1, 0, 1], None), ([-4, -3, 0.5, 0.6, 1], "-4.0|-3.0|0.5|1.0|+Inf")],
)
def test_buckets_from_zero_or_below(capsys, buckets, kept) -> None:
    """A histogram of one's own may have bounds that are zero or negative."""
    monitor = PerformanceMonitor(registry=None)
    monitor.histogram("drift", "Drift.", buckets=buckets).observe(0.3)
    with monitor_db_operation("select", "users", monitor=monitor):
        pass
    assert (kept and set(kept.split("|"))) == kept_buckets(
        recorded(rules_of(monitor, capsys))["job_le:drift_bucket:rate5m"]
    )


def kept_buckets(expression):
    """The bounds that an expression chooses, as numbers are written by us; None where it chooses none."""
    found = re.search(r'le=~"([^"]*)"', expression)
    return found and {one for one in re.sub(r"\\\\", "", found[1]).split("|") if "." in one or "I" in one}


@pytest.mark.parametrize(
    ("alerts", "kept"),
    [
        ("{}", {"0.1", "0.25", "0.5", "1.0", "1.5", "+Inf"}),
        ("{HighLatency: {threshold: 0.3}}", {"0.1", "0.25", "0.3", "0.7", "1.5", "+Inf"}),
    ],
)
def test_buckets_of_high_latency(tmp_path, capsys, alerts, kept) -> None:
    """The greatest bucket and that of the threshold stay, without which the alert could never fire."""
    monitor = PerformanceMonitor(registry=None, buckets=[0.1, 0.25, 0.3, 0.5, 0.7, 1, 1.5])
    with monitor_db_operation("select", "users", monitor=monitor):
        pass
    (tmp_path / "slo.yml").write_text(f"alerts: {alerts}")
    found = recorded(rules_of(monitor, capsys, "--slo", str(tmp_path / "slo.yml")))
    assert kept == kept_buckets(found[BUCKETS])


def test_buckets_of_nobody_in_particular(capsys) -> None:
    """Where no service was asked all buckets stay: one that is recorded may have others than the usual."""
    assert 0 == main(["rules", "--out", "-"])
    assert [] == [one for one in recorded(capsys.readouterr().out).values() if "le=~" in one]


def test_threshold_of_high_latency(tmp_path, capsys) -> None:
    """The threshold is at most the greatest bound, beyond which no quantile is."""
    monitor = PerformanceMonitor(registry=None, buckets=[0.5, 1])
    with monitor_db_operation("select", "users", monitor=monitor):
        pass
    path = tmp_path / "slo.yml"
    path.write_text("alerts: {HighLatency: {threshold: 1.5}}")
    with monitor.serve(port=0) as server:
        url = f"http://127.0.0.1:{server.port}"
        assert 0 == main(["rules", url, "--out", "-"])
        said = capsys.readouterr().out
        assert "alerts.HighLatency.threshold must be at most 1, the greatest" in refusal(
            capsys, url, "--slo", str(path)
        )
    [alert] = [one for one in documents(said) if one.get("alert") == "HighLatency"]
    assert " >= 1 and " in alert["expr"]
    assert "More than 1 s" in alert["annotations"]["description"]


def test_all_metrics(capsys) -> None:
    """Everything in the catalogue is recorded without the labels of instances."""
    assert 0 == main(["rules", "--out", "-"])
    found = recorded(capsys.readouterr().out)
    names = {metric.name.removesuffix("_total") for family in catalogue.ALL for metric in family.metrics}
    assert set() == {name for name in names if not any(f":mcp_{name}" in record for record in found)}
    assert not any("instance" in record + expression for record, expression in found.items())


def test_select_and_keep(capsys, slo) -> None:
    """Every series is selected, and labels that are kept stay beside job."""
    words = ["--select", 'env="prod"', "--keep", "cluster", "--slo", str(slo)]
    assert 0 == main(["rules", "--out", "-", *words])
    rules = documents(capsys.readouterr().out)
    by = {rule["record"]: rule["expr"] for rule in rules if "record" in rule}
    expected = 'sum by (job, cluster, workflow) (mcp_active_workflows{env="prod"})'
    assert expected == by["job_cluster_workflow:mcp_active_workflows:sum"]
    raw = [rule["expr"] for rule in rules if "[5m]" in rule["expr"] and "(mcp_" in rule["expr"]]
    assert raw
    assert [] == [one for one in raw if 'env="prod"' not in one]


@pytest.mark.parametrize(
    "select", ['{env="prod"}', 'env=~"a|b", team!="x"', 'a="}\\"{",', "", ' { a = "b" , c !~ "d" } ']
)
def test_selections(need, tmp_path, select) -> None:
    """Whatever is taken makes rules that Prometheus takes too."""
    path = tmp_path / "rules.yml"
    assert 0 == main(["rules", "--out", str(path), "--select", select])
    subprocess.run([need("promtool"), "check", "rules", str(path)], check=True, capture_output=True)


def test_kubernetes(tmp_path, slo) -> None:
    """As manifests they are PrometheusRules, whose names Kubernetes takes."""
    words = ["--namespace", "my_shop", "--format", "kubernetes", "--slo", str(slo), "--out", str(tmp_path)]
    assert 0 == main(["rules", *words])
    found = yaml.safe_load((tmp_path / "my_shop-alerts.yml").read_text())
    assert ("PrometheusRule", "my-shop-alerts") == (found["kind"], found["metadata"]["name"])
    assert found["spec"]["groups"]


def test_kubernetes_begins_names_with_a_letter(capsys) -> None:
    """A namespace that begins with an underscore makes a name that Kubernetes takes, too."""
    assert 0 == main(["rules", "--namespace", "_x", "--format", "kubernetes", "--out", "-"])
    assert "x-rules" == yaml.safe_load(capsys.readouterr().out)["metadata"]["name"]


def test_runbook(capsys) -> None:
    """Alerts point to the page that was said."""
    assert 0 == main(["rules", "--out", "-", "--runbook", "https://wiki.example/perf"])
    urls = {
        rule["alert"]: rule["annotations"]["runbook_url"]
        for rule in documents(capsys.readouterr().out)
        if "alert" in rule
    }
    assert "https://wiki.example/perf#servicedown" == urls["ServiceDown"]


def test_yaml_is_imported_by_this_command_only() -> None:
    """The command line does not load PyYAML, which only the extra brings."""
    code = "import sys, mcp_perf.cli; print('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "False" == done.stdout.strip()


OWN = (
    *("job", "instance", "pid", "le", "__name__", "__cluster", "severity", "slo", "sli", "alertname"),
    *("method", "status", "route", "table", "workflow", "family", "long_window"),
)


def refusal(capsys, *words):
    assert 1 == main(["rules", "--out", "-", *words])
    said = capsys.readouterr()
    assert ("", 1) == (said.out, said.err.count("\n"))
    return said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--namespace", "9"], "--namespace must be letters, digits and '_', no digit in front, not '9'"),
        (["--namespace", "a:b"], "--namespace must be letters, digits and '_', no digit in front, not 'a:b'"),
        (["--select", "env=prod"], '--select must be matchers of labels, such as \'env="prod"'),
        (["--select", 'a="b"} or {c="d"'], "--select must be matchers of labels"),
        (["--select", 'a="b" c="d"'], "--select must be matchers of labels"),
        (["--keep", "a-b"], "--keep must be the name of a label of targets, such as cluster, that neither"),
        *((["--keep", label], f"nor alerts have, not {label!r}") for label in OWN),
        (["--slo", "/nowhere/slo.yml"], "/nowhere/slo.yml: No such file or directory"),
        (["http://127.0.0.1:1"], "http://127.0.0.1:1 does not answer"),
        (["ftp://a"], "URL must be one of http or https, not 'ftp://a'"),
    ],
)
def test_what_is_wrong(capsys, words, said) -> None:
    """What is wrong is told in one line; nothing is written."""
    assert said in refusal(capsys, *words)


def test_keeping_a_label_of_a_metric(capsys) -> None:
    """Labels of an application's own metrics are none of targets either."""
    monitor = PerformanceMonitor(registry=None)
    monitor.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    with monitor.serve(port=0) as server:
        assert "not 'kind'" in refusal(capsys, f"http://127.0.0.1:{server.port}", "--keep", "kind")


def test_nothing_is_recorded_twice(need, tmp_path) -> None:
    """A metric that is called as one of Prometheus's own adds no rule to those of that one."""
    monitor = PerformanceMonitor(registry=None)
    monitor.gauge("up", "Up.").set(1)
    path = tmp_path / "rules.yml"
    with monitor.serve(port=0) as server:
        assert 0 == main(["rules", f"http://127.0.0.1:{server.port}", "--out", str(path)])
    names = [rule["record"] for rule in documents(path.read_text()) if "record" in rule]
    assert sorted(set(names)) == sorted(names)
    subprocess.run([need("promtool"), "check", "rules", "--lint-fatal", str(path)], check=True)


def test_where_nothing_can_be_written(tmp_path, capsys) -> None:
    """A place that cannot be written to is named."""
    (tmp_path / "file").write_text("")
    assert 1 == main(["rules", "--out", str(tmp_path / "file" / "rules.yml")])
    assert f"{tmp_path / 'file'}: " in capsys.readouterr().err


def test_without_yaml(monkeypatch, capsys) -> None:
    """Without PyYAML it is said what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'mcp_perf[rules]'" in refusal(capsys)
