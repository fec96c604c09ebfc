"""``/metrics`` as bytes: formats, foreign metrics, and the collector in other registries."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from support.readings import value

from mcp_perf import PerformanceMonitor, monitor_call, monitor_db_operation


@pytest.fixture
def used(monitor, clock):
    """A monitor that has measured something."""
    for seconds, table in ((0.003, "users"), (0.25, "users"), (0.25, 'odd "\\\n'), (1e9, "users")):
        with monitor_db_operation("select", table, monitor=monitor):
            clock.advance(seconds)
    return monitor


def registry_of(monitor) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(monitor.collector)
    return registry


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "text/plain;version=1.0.0;escaping=allow-utf-8",
            "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        ),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
        ),
        ("text/html,application/xml;q=0.9", "text/plain; version=0.0.4; charset=utf-8"),
        ("garbage;;;,=,", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text;version=abc;x=y", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
def test_content_negotiation(used, accept, expected) -> None:
    """The content type is the best that the Accept header asks for and that there is."""
    assert expected == used.render(accept)[0]


def test_text_is_what_prometheus_client_writes(used) -> None:
    """The text equals `generate_latest` over the same data, and its parser reads it back."""
    registry = registry_of(used)
    body = generate_latest(registry)

    assert body == used.render()[1]
    assert list(parse_text(body.decode()))


def test_openmetrics_is_what_prometheus_client_writes(used) -> None:
    """OpenMetrics equals prometheus_client's over the same data, and its strict parser reads it back."""
    registry = registry_of(used)
    body = generate_openmetrics(registry, version="1.0.0")

    assert body == used.render("application/openmetrics-text;version=1.0.0")[1]
    assert list(parse_openmetrics(body.decode()))


def test_users_own_metrics_are_served_too() -> None:
    """What the application has in a prometheus_client registry is on the same page."""
    theirs = CollectorRegistry()
    Counter("their_jobs", "Theirs.", registry=theirs).inc(3)

    assert 3 == value(PerformanceMonitor(registry=theirs), "their_jobs_total")


def test_collector_in_the_served_registry_doubles_nothing() -> None:
    """A monitor whose collector is in the registry that it serves has each metric once."""
    registry = CollectorRegistry()
    monitor = PerformanceMonitor(registry=registry)
    registry.register(monitor.collector)
    monitor.counter("jobs", "Jobs.").inc()

    assert 1 == value(monitor, "jobs_total")
    assert b"jobs_total 1.0" in generate_latest(registry)


def test_failing_collector_loses_no_scrape() -> None:
    """A collector of the application that raises costs its own metrics and is counted."""

    class Broken:
        def collect(self):
            raise RuntimeError("broken")

        def describe(self):
            return []

    registry = CollectorRegistry()
    registry.register(Broken())
    monitor = PerformanceMonitor(registry=registry)
    monitor.render()

    assert 1 == value(monitor, "mcp_monitor_scrape_errors_total", collector="Broken")


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text;version=1.0.0"])
def test_odd_sample_loses_no_scrape(accept) -> None:
    """A sample of the application that cannot be written costs its own metric and is counted."""

    class Odd:
        def collect(self):
            yield GaugeMetricFamily("good", "Good.", value=1)
            odd = GaugeMetricFamily("odd", "Odd.", labels=["a"])
            odd.add_metric(["\ud800"], 1)
            yield odd
            yield GaugeMetricFamily("none", "None.", value=None)
            odd.samples = None
            yield GaugeMetricFamily("better", "Better.", value=2)

        def describe(self):
            return []

    registry = CollectorRegistry()
    registry.register(Odd())
    monitor = PerformanceMonitor(registry=registry)
    _, body = monitor.render(accept)

    assert b"\ngood 1.0\n" in body
    assert b"\nbetter 2.0\n" in body
    assert b"odd{" not in body
    assert 1 <= value(monitor, "mcp_monitor_scrape_errors_total", collector="odd")


def test_names_restrict_the_answer(used) -> None:
    """With names only samples of these names come, as with ``name[]``."""
    _, body = used.render(names=["mcp_db_operations_total", "mcp_db_operation_duration_seconds_count"])
    names = {sample.name for family in parse_text(body.decode()) for sample in family.samples}

    assert {"mcp_db_operations_total", "mcp_db_operation_duration_seconds_count"} == names


def test_scrapes_are_timed(clock) -> None:
    """Each scrape shows how many there were before it, and how long they took together."""
    registry = CollectorRegistry()
    monitor = PerformanceMonitor(registry=registry, clock=clock.clock)

    class Slow:
        def collect(self):
            clock.advance(0.25)
            return ()

    registry.register(Slow())
    clock.advance(1.0)
    monitor.render()
    monitor.render()
    _, body = monitor.render()

    assert b"\nmcp_monitor_scrapes_total 2.0\n" in body
    assert b"\nmcp_monitor_scrape_duration_seconds_total 0.5\n" in body


def test_counter_and_histogram_are_one_record(monitor) -> None:
    """The counter equals the histogram's count."""
    work = monitor_call("work", monitor=monitor)(lambda: None)
    for _ in range(7):
        work()

    labels = {"name": "work", "status": "success"}
    assert 7 == value(monitor, "mcp_calls_total", **labels)
    assert 7 == value(monitor, "mcp_call_duration_seconds_count", **labels)
    assert 7 == value(monitor, "mcp_call_duration_seconds_bucket", le="+Inf", **labels)


def test_namespace_is_in_front_of_every_metric() -> None:
    """Every metric of ours starts with the namespace; the user's own keep their names."""
    monitor = PerformanceMonitor(registry=None, namespace="shop")
    monitor_call("work", monitor=monitor)(lambda: None)()
    monitor.gauge("level", "Level.")
    names = {family.name for family in parse_text(monitor.render()[1].decode())}

    assert {"level"} == {name for name in names if not name.startswith("shop_")}


def test_distributions_over_different_buckets_do_not_add_up() -> None:
    """Adding what was counted in different buckets is an error, not a wrong sum."""
    first, second = (PerformanceMonitor(registry=None, buckets=buckets) for buckets in ([1, 2], [1, 3]))
    for monitor in (first, second):
        monitor.histogram("h", "H.").observe(1)
    ours, theirs = (monitor.snapshot().series("h")[0].value for monitor in (first, second))

    assert (2, 2) == ((ours + ours).count, (ours + ours).sum)
    with pytest.raises(ValueError, match="different buckets"):
        ours + theirs


def test_snapshot_does_not_change(used) -> None:
    """A snapshot stays as it was while measuring goes on."""
    snapshot = used.snapshot()
    before = snapshot.series("db_operations")[0].value.count
    with monitor_db_operation("select", "users", monitor=used):
        pass

    assert before == snapshot.series("db_operations")[0].value.count
    assert before + 1 == used.snapshot().series("db_operations")[0].value.count
