"""Dashboards: what holds for each of them, and what is in them for which service."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from support import programs
from support.grafana import expressions, filled, panels, variables

from mcp_perf import PerformanceMonitor

pytest.importorskip("grafana_foundation_sdk")  # which Python 3.10 has not

NAMES = ("overview", "route", "database", "workflows", "calls", "workers", "slo")
OPTIONS = ([], ["--native"])


@pytest.fixture(params=OPTIONS, ids=["classic", "native"])
def found(request, make):
    """All dashboards, of no service in particular."""
    return make(*request.param)


def asked(dashboard):
    return list(expressions(dashboard).values())


def test_all(found) -> None:
    """There is one for each kind of thing that the toolkit measures."""
    assert {f"mcp-{name}" for name in NAMES} == found.keys()


def test_ids(found) -> None:
    """The identifiers of panels are unique in a dashboard, those of dashboards everywhere."""
    uids = [one["uid"] for one in found.values()]
    assert sorted(set(uids)) == sorted(uids)
    for dashboard in found.values():
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert list(range(1, len(ids) + 1)) == ids


def test_grid(found) -> None:
    """No two panels overlap, and none reaches beyond the 24 columns."""
    for dashboard in found.values():
        taken = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert set() == cells & taken
            assert max(x for x, _ in cells) < 24
            taken |= cells


def test_words(found) -> None:
    """Each panel says what it shows, in which unit, of the data source that is chosen."""
    for dashboard in found.values():
        assert dashboard["description"]
        for panel in panels(dashboard):
            assert panel["title"]
            assert panel["description"].endswith("."), panel["title"]
            assert {"type": "prometheus", "uid": "${datasource}"} == panel["datasource"]
            shown = json.dumps(panel)
            assert '"unit": ' in shown or '"id": "unit"' in shown, panel["title"]


def test_variables(found) -> None:
    """What is chosen is asked for, and what is asked for can be chosen."""
    for dashboard in found.values():
        defined = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
        queries = [variable["query"] for variable in defined.values()]
        text = " ".join([*asked(dashboard), *queries, json.dumps(panels(dashboard)[0]["datasource"])])
        used = set(re.findall(r"\$\{?([a-z]+)", text))
        assert defined.keys() == used
        several = {name for name, variable in defined.items() if variable["multi"]}
        assert defined.keys() - {"datasource", "route"} <= several
        for name in several:
            assert defined[name]["includeAll"]
            assert f'{name}=~"${name}"' in text


def test_windows(found) -> None:
    """Rates are over Grafana's windows, none over one that is fixed."""
    for dashboard in found.values():
        windows = {window for one in asked(dashboard) for window in re.findall(r"\[(.*?)\]", one)}
        # An hour is how far back is looked for a series that is not new.
        assert windows <= {"$__rate_interval", "$__range", "1h"}


def test_first_faults(found) -> None:
    """The first fault of a kind is counted: it makes a new series, of which an increase says nothing."""
    counted = expressions(found["mcp-workers"])
    for shown in ("Overflowed", "Events lost", "Storage errors", "Scrape errors", "Export errors"):
        [number] = [one for (_, title, _), one in counted.items() if title == shown and "[$__range]" in one]
        assert " unless last_over_time(" in number


def test_links(found) -> None:
    """Each links to all the others, with the time and what is chosen; no link leads nowhere."""
    uids = {one["uid"] for one in found.values()}
    for dashboard in found.values():
        links = dashboard["links"]
        assert {f"/d/{uid}" for uid in uids - {dashboard["uid"]}} == {link["url"] for link in links}
        assert all(link["includeVars"] and link["keepTime"] for link in links)
        assert set(re.findall(r"/d/([\w-]+)", json.dumps(dashboard))) <= uids


def test_link_of_a_route(found) -> None:
    """A row of the overview's routes leads to that route in detail, over the same time."""
    [routes] = [panel for panel in panels(found["mcp-overview"]) if panel["title"] == "Routes"]
    [url] = re.findall(r'"url": "(.*?)"', json.dumps(routes))
    assert url.startswith(f"/d/{found['mcp-route']['uid']}?${{__url_time_range}}&")
    assert "&var-route=${__data.fields.route:percentencode}" in url


def test_exemplars(found) -> None:
    """Charts of durations have exemplars, once for a chart."""
    for name in ("overview", "route", "database", "workflows", "calls"):
        [chart] = [
            panel
            for panel in panels(found[f"mcp-{name}"])
            if (panel["title"], panel["type"]) == ("Duration", "timeseries") and "websocket" not in str(panel)
        ]
        assert [True] == [target["exemplar"] for target in chart["targets"] if "exemplar" in target]


@pytest.mark.real
def test_expressions(found, tmp_path) -> None:
    """Prometheus can read each expression."""
    questions = [
        filled(one, {})
        for dashboard in found.values()
        for one in [*asked(dashboard), *variables(dashboard).values()]
    ]
    rules = [
        {"record": "one", "labels": {"is": str(place)}, "expr": one} for place, one in enumerate(questions)
    ]
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    subprocess.run([programs.need("promtool"), "check", "rules", path], check=True, capture_output=True)


def test_sdk_reads_them(found) -> None:
    """What is written is what Grafana's SDK reads and writes."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()
    for dashboard in found.values():
        read = json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))
        for panel in panels(read):
            if panel["type"] == "heatmap":  # for which it adds nothing, as an object
                assert {} == panel["fieldConfig"]["defaults"].pop("custom")
        assert dashboard == read


def test_histograms_of_both_kinds(make) -> None:
    """Quantiles are read of native or classic ones; what VictoriaMetrics does not know is not asked."""
    text = " ".join(one for dashboard in make().values() for one in asked(dashboard))
    assert "_bucket{" in text
    assert re.search(r"duration_seconds\{", text)
    assert not re.search(r"histogram_(sum|count|fraction)", text)


def test_native_histograms_only(make) -> None:
    """With --native no classic series is asked."""
    text = " ".join(one for dashboard in make("--native").values() for one in asked(dashboard))
    assert not re.search(r"(seconds|bytes)_(bucket|sum|count)\b", text)
    assert "histogram_fraction(0, 0.5, " in text


def test_same_bytes(make, tmp_path) -> None:
    """The same service has the same dashboards, byte for byte."""

    def read():
        return {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}

    make()
    first = read()
    make("--force")
    assert first == read()


def test_service(make, served) -> None:
    """Of a service there are all and those of its own metrics, under its namespace, with its buckets."""
    found = make(served)
    names = ("overview", "route", "database", "workflows", "calls", "custom", "workers", "slo")
    assert {f"own-{name}" for name in names} == found.keys()
    overview = found["own-overview"]
    assert "own: Service overview" == overview["title"]
    assert ["mcp_perf", "own"] == overview["tags"]
    titles = {panel["title"] for panel in panels(overview)}
    assert "Within 0.3 s" in titles
    assert "Ended by code" in titles
    assert "CPU" not in {panel["title"] for panel in panels(found["own-workers"])}


def test_service_without_traffic(make) -> None:
    """Of a service that has done nothing yet there is all that it can show once it has."""
    everything = make()
    with PerformanceMonitor(registry=None).serve(port=0) as server:
        found = make(f"127.0.0.1:{server.port}", "--force")
    assert everything.keys() == found.keys()
    # Those of the process, which its own registry does not show, can be told without traffic.
    del everything["mcp-workers"], found["mcp-workers"]
    assert everything == found


@pytest.mark.parametrize(
    ("metric", "unit", "expressions"),
    [
        ("jobs_total, a second", "ops", ["topk(20, sum by (queue) (rate(jobs_total{S}[$__rate_interval])))"]),
        ("stock_bytes", "bytes", ["topk(20, sum by (instance) (stock_bytes{S}))"]),
        ("wait_seconds: spread", "s", ["sum by (le) (rate(wait_seconds_bucket{S}[$__rate_interval]))"]),
    ],
)
def test_custom_metrics(make, served, metric, unit, expressions) -> None:
    """A counter is shown as rate, a gauge as it is, a histogram as quantiles and as heat map."""
    found = panels(make(served)["own-custom"])
    [panel] = [one for one in found if one["title"] == metric]
    selected = '{job=~"$job", instance=~"$instance"}'
    assert [one.replace("{S}", selected) for one in expressions] == [
        target["expr"] for target in panel["targets"]
    ]
    assert f'"unit": "{unit}"' in json.dumps(panel)


def test_custom_metrics_of_either_kind(make, served) -> None:
    """With --native the application's own histograms are asked as native and as classic ones."""
    found = expressions(make(served, "--native")["own-custom"])
    [heat] = [one for (_, title, _), one in found.items() if title == "wait_seconds: spread"]
    assert "rate(wait_seconds{" in heat
    assert "rate(wait_seconds_bucket{" in heat
