"""The user's own collectors: whatever one of them does costs its own metrics, and is counted by its name."""

from __future__ import annotations

import threading

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import GaugeMetricFamily
from support.readings import value

from mcp_perf import PerformanceMonitor
from mcp_perf.exposition.foreign import Foreign
from mcp_perf.pace import unpaced


class Collecting:
    """A collector of what a function gives."""

    def __init__(self, collect):
        self.collect = collect

    def describe(self):
        return []


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    Counter("good", "Good.", registry=registry)
    return registry


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.mark.parametrize("labelnames", [(), ("name",)])
def test_gauge_whose_function_hangs(registry, gate, labelnames) -> None:
    """A gauge whose function hangs costs itself, like any other collector that does."""
    gauge = Gauge("slow", "Slow.", labelnames, registry=registry)
    (gauge.labels("a") if labelnames else gauge).set_function(lambda: gate.wait(60))
    failed = []
    foreign = Foreign(registry, None, lambda name, error: failed.append(name), seconds=0.01)

    for _ in range(2):
        assert ["good"] == [metric.name for metric in foreign.collect(unpaced)]
    assert ["slow", "slow"] == failed


def test_collectors_have_so_much_time_together(registry, gate) -> None:
    """Where many collectors are slow, those that come when all the time is over are left out, by name."""
    asked = []

    def slow():
        asked.append(None)
        gate.wait(60)
        return ()

    for _ in range(20):
        registry.register(Collecting(slow))
    failed = []
    foreign = Foreign(registry, None, lambda name, error: failed.append(str(error)), seconds=0.05)

    assert ["good"] == [metric.name for metric in foreign.collect(unpaced)]
    assert 1 <= len(asked) <= 4
    assert 20 == len(failed)
    assert "have taken all the time" in failed[-1]


def test_collector_that_never_ends(registry, gate) -> None:
    """What a collector gives after it was given up is not kept."""
    given = []

    def endless():
        while not gate.is_set():
            given.append(None)
            yield GaugeMetricFamily("more", "More.", value=1)
        given.append("end")

    registry.register(Collecting(endless))
    foreign = Foreign(registry, None, lambda *_: None, seconds=0.01)
    before = set(threading.enumerate())

    assert ["good"] == [metric.name for metric in foreign.collect(unpaced)]
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()
    assert "end" not in given


def test_broken_files_of_several_processes(registry, tmp_path, monkeypatch) -> None:
    """Where prometheus_client's own way with several processes fails, it is that which is named."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "missing"))
    monitor = PerformanceMonitor(registry=registry)
    monitor.render()

    assert 1.0 == value(monitor, "mcp_monitor_scrape_errors_total", collector="MultiProcessCollector")


@pytest.mark.parametrize("odd", [None, "text", ("a", "tuple"), 3])
def test_what_is_no_metric(registry, odd) -> None:
    """A collector that gives something else than metrics loses that, and nobody else anything."""
    registry.register(Collecting(lambda: [odd, GaugeMetricFamily("half", "Half.", value=1)]))
    monitor = PerformanceMonitor(registry=registry)
    _, body = monitor.render()

    assert b"\ngood_total 0.0\n" in body
    assert b"\nhalf 1.0\n" in body
    assert 1.0 == value(monitor, "mcp_monitor_scrape_errors_total", collector="Collecting")


def test_name_that_raises(registry) -> None:
    """A collector that fails, and fails to say its name, is counted by its class."""

    class Nameless(Collecting):
        @property
        def _name(self):
            raise ValueError("no name")

    registry.register(Nameless(lambda: 1 / 0))
    monitor = PerformanceMonitor(registry=registry)

    assert b"\ngood_total 0.0\n" in monitor.render()[1]
    assert 1.0 == value(monitor, "mcp_monitor_scrape_errors_total", collector="Nameless")


def test_collector_that_asks_for_a_scrape(registry) -> None:
    """A collector that renders the monitor itself is not asked again by that: it costs one thread."""
    monitor = PerformanceMonitor(registry=registry)
    asked = []

    def render():
        asked.append(None)
        return [GaugeMetricFamily("size", "Size.", value=len(monitor.render()[1]))]

    registry.register(Collecting(render))
    _, body = monitor.render()

    assert 1 == len(asked)
    assert b"\ngood_total 0.0\n" in body
    assert b"\nsize " in body


def test_metrics_that_are_called_like_those_of_a_process(registry, tmp_path) -> None:
    """With several workers the user's own metrics whose names begin with process_ are there as with one."""
    Counter("process_orders", "Orders processed.", registry=registry).inc(3)
    Gauge("process_queue_depth", "Depth.", registry=registry).set(4)
    monitor = PerformanceMonitor(registry=registry, worker_dir=tmp_path / "workers")
    other = PerformanceMonitor(registry=None, worker_dir=tmp_path / "workers")
    for one in (monitor, other):
        one.counter("jobs", "Jobs.").inc()
    _, body = monitor.render()

    assert b"\njobs_total 2.0\n" in body
    assert b"\nprocess_orders_total 3.0\n" in body
    assert b"\nprocess_queue_depth 4.0\n" in body


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text;version=1.0.0"])
def test_label_value_that_is_not_unicode(registry, accept) -> None:
    """One odd label value in a metric of the user's costs nothing: ? stands for what is odd."""
    gauge = Gauge("size", "Size.", ["path"], registry=registry)
    gauge.labels("a").set(1)
    gauge.labels("b\udcff").set(2)
    _, body = PerformanceMonitor(registry=registry).render(accept)

    assert b'\nsize{path="a"} 1.0\n' in body
    assert b'\nsize{path="b?"} 2.0\n' in body


OPEN_METRICS = "application/openmetrics-text;version=1.0.0"


def test_exemplar_that_is_not_unicode() -> None:
    """An odd label of an exemplar costs nothing of the metric."""
    registry = CollectorRegistry()
    Counter("orders", "Orders.", registry=registry).inc(exemplar={"trace": "\ud800x"})
    _, body = PerformanceMonitor(registry=registry).render(OPEN_METRICS)

    assert b'orders_total 1.0 # {trace="?x"} 1.0' in body


@pytest.mark.parametrize("accept", ["", OPEN_METRICS])
@pytest.mark.parametrize(("label", "documentation"), [("\ud800", "Size."), ("a", "S\ud800ze."), (7, "Size.")])
def test_collector_that_gives_odd_text(accept, label, documentation) -> None:
    """A documentation that is not Unicode, or a label value that is no text, costs nothing of the metric."""

    def collect():
        metric = GaugeMetricFamily("size", documentation)
        metric.add_sample("size", {"path": label}, 3)
        return [metric]

    registry = CollectorRegistry()
    registry.register(Collecting(collect))
    _, body = PerformanceMonitor(registry=registry).render(accept)

    shown = "?" if label == "\ud800" else str(label)
    assert f'\nsize{{path="{shown}"}} 3'.encode() in body


def test_metrics_called_like_ours(caplog) -> None:
    """A metric of the user's that is called like ours is left out, counted by its name, and told of once."""
    registry = CollectorRegistry()
    Counter("tasks", "Theirs.", registry=registry)
    Gauge("jobs", "Theirs: OpenMetrics would call the counter below by the same name.", registry=registry)
    monitor = PerformanceMonitor(registry=registry)
    for name in ("tasks", "jobs"):
        monitor.counter(name, "Ours.").inc()

    for _ in range(2):
        assert b"Theirs" not in monitor.render()[1]
    body = monitor.render()[1].decode()
    for name in ("tasks", "jobs"):
        assert f'mcp_monitor_scrape_errors_total{{collector="{name}"}} 2.0\n' in body
        assert 1 == caplog.text.count(f"scrapes lack the metrics of '{name}'")


def test_another_monitor_in_the_same_registry() -> None:
    """What another monitor has under the names of this one is left out without a word."""
    registry = CollectorRegistry()
    registry.register(PerformanceMonitor(registry=None).collector)
    monitor = PerformanceMonitor(registry=registry)
    monitor.render()
    assert b"mcp_monitor_scrape_errors_total{" not in monitor.render()[1]
