"""Metrics of the user's own: prometheus_client's verbs, the same text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import (
    CollectorRegistry,
    disable_created_metrics,
    enable_created_metrics,
    generate_latest,
)
from prometheus_client import Counter as TheirCounter
from prometheus_client import Gauge as TheirGauge
from prometheus_client import Histogram as TheirHistogram
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_text
from prometheus_client.parser import text_string_to_metric_families
from support.readings import value

from mcp_perf import PerformanceMonitor, monitor_call


@pytest.fixture(autouse=True, scope="module")
def _no_created():
    """Theirs without the time at which each series was created, which ours do not tell."""
    disable_created_metrics()
    yield
    enable_created_metrics()


amounts = st.floats(min_value=0, max_value=1e12, allow_nan=False)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20)
buckets = st.lists(st.integers(-1000, 100_000).map(lambda n: n / 8), min_size=1, max_size=8, unique=True).map(
    sorted
)


def own_text(monitor: PerformanceMonitor, name: str) -> str:
    """The lines of one metric out of a monitor's text."""
    kept, mine = [], False
    for line in monitor.render()[1].decode().splitlines(keepends=True):
        if line.startswith("# HELP"):
            mine = line.split()[2] == name
        if mine:
            kept.append(line)
    return "".join(kept)


@given(
    st.lists(st.tuples(texts, texts, amounts), max_size=8),
    st.lists(st.tuples(texts, numbers), max_size=8),
    buckets,
    st.lists(st.tuples(texts, st.floats(min_value=-200, max_value=20_000, width=32)), max_size=20),
)
def test_text_equals_prometheus_client(counts, levels, bounds, observations) -> None:
    """After the same events the text is the very text of prometheus_client, and its parser reads it back."""
    monitor = PerformanceMonitor(registry=None)
    theirs = CollectorRegistry()
    counters = [
        monitor.counter("jobs", "Jobs\n\\.", ["a", "b"]),
        TheirCounter("jobs", "Jobs\n\\.", ["a", "b"], registry=theirs),
    ]
    gauges = [monitor.gauge("level", "Level.", ["a"]), TheirGauge("level", "Level.", ["a"], registry=theirs)]
    histograms = [
        monitor.histogram("size", "Size.", ["a"], buckets=bounds),
        TheirHistogram("size", "Size.", ["a"], buckets=bounds, registry=theirs),
    ]
    for counter, gauge, histogram in zip(counters, gauges, histograms, strict=True):
        for a, b, amount in counts:
            counter.labels(a, b=b) if False else counter.labels(a, b).inc(amount)
        for a, level in levels:
            gauge.labels(a=a).set(level)
        for a, observation in observations:
            histogram.labels(a).observe(observation)

    text = "".join(own_text(monitor, name) for name in ("jobs_total", "level", "size"))

    assert generate_latest(theirs).decode() == text
    list(text_string_to_metric_families(text))


def test_counter_verbs(monitor) -> None:
    """A counter goes up; its name ends in `_total`, given so or not."""
    monitor.counter("jobs", "Jobs.").inc()
    monitor.counter("jobs_total", "Jobs.").inc(2.5)

    assert 3.5 == value(monitor, "jobs_total")


@pytest.mark.parametrize("amount", [-1, math.nan])
def test_counter_never_goes_down(monitor, amount) -> None:
    """A counter refuses what would make it fall or no number."""
    with pytest.raises(ValueError, match=r"only goes up|must be a number"):
        monitor.counter("jobs", "Jobs.").inc(amount)


def test_gauge_verbs(monitor, clock) -> None:
    """A gauge goes up and down, is set, takes the time of day and the last duration."""
    gauge = monitor.gauge("level", "Level.")
    gauge.inc(5)
    gauge.dec(2)
    assert 3 == value(monitor, "level")
    gauge.set(-7.5)
    assert -7.5 == value(monitor, "level")
    gauge.set_to_current_time()
    assert clock.now == value(monitor, "level")
    with gauge.time():
        clock.advance(3)
    assert 3 == value(monitor, "level")


def test_histogram_time_as_decorator_and_block(monitor, clock) -> None:
    """A histogram's `time` observes durations, of errors too."""
    histogram = monitor.histogram("jobs_seconds", "Jobs.", ["kind"]).labels(kind="a")

    @histogram.time()
    def work():
        clock.advance(1)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        work()
    with histogram.time():
        clock.advance(2)

    assert (2, 3) == (
        value(monitor, "jobs_seconds_count", kind="a"),
        value(monitor, "jobs_seconds_sum", kind="a"),
    )


def test_histogram_refuses_nan(monitor) -> None:
    """NaN would spoil the sum for ever, so it is refused."""
    with pytest.raises(ValueError, match="nan"):
        monitor.histogram("h", "H.").observe(math.nan)


def test_remove_and_clear(monitor) -> None:
    """A removed series is gone; a handle kept writes nowhere; the same labels start anew."""
    counter = monitor.counter("jobs", "Jobs.", ["kind"])
    kept = counter.labels("a")
    kept.inc()
    counter.remove("a")
    kept.inc()
    counter.labels("b").inc()

    assert None is value(monitor, "jobs_total", kind="a")
    assert 1 == value(monitor, "jobs_total", kind="b")
    counter.labels("a").inc()
    assert 1 == value(monitor, "jobs_total", kind="a")
    counter.remove("never there")
    counter.clear()
    assert None is value(monitor, "jobs_total", kind="b")


def test_series_past_the_cap_are_folded_and_counted() -> None:
    """Past `max_series` further label sets share one series, and the folding is counted."""
    monitor = PerformanceMonitor(registry=None, max_series=3)
    counter = monitor.counter("jobs", "Jobs.", ["kind"])
    for kind in "abcdeabcde":
        counter.labels(kind).inc()

    assert (2, 2, 2) == tuple(value(monitor, "jobs_total", kind=kind) for kind in "abc")
    assert 4 == value(monitor, "jobs_total", kind="_overflow")
    assert 4 == value(monitor, "mcp_monitor_overflowed_total", family="jobs_total")


def test_what_the_toolkit_says_of_itself_is_not_folded() -> None:
    """With a cap of one series for each metric, it is still told apart which metrics have run over."""
    monitor = PerformanceMonitor(registry=None, max_series=1)
    for name in ("jobs", "mails"):
        counter = monitor.counter(name, "Things.", ["kind"])
        for kind in "abc":
            counter.labels(kind).inc()

    assert 2 == value(monitor, "mcp_monitor_overflowed_total", family="jobs_total")
    assert 2 == value(monitor, "mcp_monitor_overflowed_total", family="mails_total")


def test_cap_counts_all_sets_of_label_names(clock) -> None:
    """Calls with ever new label names are under one cap."""
    monitor = PerformanceMonitor(registry=None, max_series=5, clock=clock.clock)
    for number in range(20):
        monitor_call("work", labels={f"label{number}": "x"}, monitor=monitor)(lambda: None)()
    held = [one for one in monitor.snapshot().series("calls") if set(one.labels) != {"_overflow"}]

    assert 5 == len(held)
    assert 20 == sum(one.value.events for one in monitor.snapshot().series("calls"))


def test_disabled_monitor_has_no_custom_metrics() -> None:
    """Where nothing is measured, metrics of one's own can be used and are not there."""
    monitor = PerformanceMonitor(registry=None, enabled=False)
    monitor.counter("jobs", "Jobs.").inc()

    assert None is value(monitor, "jobs_total")


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda m: m.gauge("mcp_http_requests_total", "A."), "writes already"),
        (lambda m: m.gauge("mcp_monitor_series", "A."), "writes already"),
        (lambda m: m.counter("a-b", "A."), "metric name"),
        (lambda m: m.counter(5, "A."), "metric name"),
        (lambda m: m.counter("", "A."), "metric name"),
        (lambda m: m.counter("_total", "A."), "more than its suffix"),
        (lambda m: (m.counter("a", "A.", ["b"]), m.counter("a", "A.", ["c"])), "other label names"),
        (lambda m: m.counter("a", 5), "documentation must be a string"),
        (lambda m: m.counter("a", "A.", "ab"), "labelnames must be a list"),
        (lambda m: m.histogram("a", "A.", ["le"]), "'le' is already taken"),
        (lambda m: m.histogram("a", "A.", buckets=[2, 1]), "buckets must be"),
        (lambda m: m.gauge("mcp_monitor_events_lost_total", "A."), "writes already"),
        (lambda m: m.gauge("mcp_job_last_success", "A."), "writes already"),
        (lambda m: (m.gauge("a", "A."), m.histogram("a", "A.")), "already there"),
        (lambda m: (m.gauge("a_count", "A."), m.histogram("a", "A.")), "writes already"),
        (lambda m: (m.gauge("a", "A."), m.counter("a", "A.")), "writes already"),
        (lambda m: (m.gauge("a_created", "A."), m.counter("a", "A.")), "writes already"),
        (
            lambda m: m.gauge("a", "A.", ["b"], multiprocess_mode="all", retention=60),
            "retention must be None where multiprocess_mode is 'all', not 60",
        ),
        (lambda m: (m.histogram("a", "A."), m.gauge("a_created", "A.")), "writes already"),
        (lambda m: (m.counter("a", "A."), m.gauge("a", "A.")), "writes already"),
        (lambda m: m.counter("a", "A.", ["b"]).inc(), r"call labels\(b\)"),
        (lambda m: m.counter("a", "A.", ["b"]).labels(), "takes values for b"),
        (lambda m: m.counter("a", "A.", ["b"]).labels("x", "y"), "takes values for b"),
        (lambda m: m.counter("a", "A.", ["b"]).labels(c="x"), "takes values for b"),
        (lambda m: m.counter("a", "A.", ["b"]).labels("x", b="x"), "takes values for b"),
        (lambda m: m.counter("a", "A.").labels("x"), "takes no label values"),
    ],
)
def test_wrong_use_is_an_error_in_one_sentence(use, message) -> None:
    """A wrong definition or use fails at once and says what is wrong."""
    monitor = PerformanceMonitor(registry=None)
    with pytest.raises(ValueError, match=message):
        use(monitor)


def test_histogram_that_begins_anew_is_written_anew(monitor) -> None:
    """A histogram that was cleared reads as it is, though it has come to the same count and sum again."""
    sizes = monitor.histogram("size", "Sizes.", ["a"], buckets=[0.75, 2.25])
    for amounts in ((1.0, 2.0), (0.5, 2.5)):
        sizes.clear()
        for amount in amounts:
            sizes.labels("x").observe(amount)
        body = monitor.render()[1]

    assert b'size_bucket{a="x",le="0.75"} 1.0\n' in body
    assert b'size_bucket{a="x",le="2.25"} 1.0\n' in body


def test_exemplar_of_a_counter(monitor) -> None:
    """The last exemplar that a counter was given is shown; counting on without one leaves it."""
    jobs = monitor.counter("jobs", "Jobs.")
    jobs.inc(exemplar={"order": "1"})
    jobs.inc(3, exemplar={"order": "2"})
    jobs.inc(5)
    jobs.inc(exemplar={})
    (one,) = monitor.snapshot().series("jobs_total")

    assert 10.0 == one.value
    assert [((("order", "2"),), 3.0)] == [found[:2] for found in one.exemplars]


def test_exemplars_equal_prometheus_client() -> None:
    """After the same events OpenMetrics reads the same as that of prometheus_client, but for the time."""
    monitor = PerformanceMonitor(registry=None)
    theirs = CollectorRegistry()
    for jobs, size in (
        (monitor.counter("jobs", "Jobs."), monitor.histogram("size", "Sizes.", buckets=[1, 2])),
        (
            TheirCounter("jobs", "Jobs.", registry=theirs),
            TheirHistogram("size", "Sizes.", buckets=[1, 2], registry=theirs),
        ),
    ):
        jobs.inc(2, {"order": "1", "a": "é"})
        for amount in (0.5, 1.0, 1.5, 7.0):
            size.observe(amount, exemplar={"amount": f"{amount}"})
    expected = openmetrics_text(theirs).decode()
    body = monitor.render("application/openmetrics-text")[1].decode()

    assert 4 == expected.count(" # {")
    for line in expected.splitlines():
        assert f"\n{line.rpartition(' ')[0] if ' # {' in line else line}" in f"\n{body}"


@pytest.mark.parametrize(
    ("exemplar", "message"),
    [
        ("abc", "exemplar must be a dict of label values, which are strings, not 'abc'"),
        ({"a": 1}, "exemplar must be a dict of label values"),
        ({"a-b": "1"}, "a label name must be letters"),
        ({"__a": "1"}, "a label name must be letters"),
        ({"a": "x" * 128}, "at most 128 characters in all names and values, not 129"),
    ],
)
def test_wrong_exemplar_is_an_error_and_counts_nothing(monitor, exemplar, message) -> None:
    """Labels that no format could show are refused, and the event with them."""
    jobs, size = monitor.counter("jobs", "Jobs."), monitor.histogram("size", "Sizes.")
    for use in (jobs.inc, size.observe):
        with pytest.raises(ValueError, match=message):
            use(1, exemplar=exemplar)

    assert (0, 0) == (value(monitor, "jobs_total"), value(monitor, "size_count"))


def test_exemplar_of_the_greatest_length(monitor) -> None:
    """128 characters are allowed; what no label value may hold is replaced as everywhere."""
    monitor.counter("jobs", "Jobs.").inc(exemplar={"a": "é" * 120 + "\n\ud800", "b": "12345"[:4]})
    (one,) = monitor.snapshot().series("jobs_total")

    assert {"a": "é" * 120 + "��", "b": "1234"} == dict(one.exemplars[0].labels)
