"""The user's own prometheus_client metrics in the protobuf format."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
    UnknownMetricFamily,
)
from support import protobuf, readings

from mcp_perf import PerformanceMonitor


@pytest.fixture
def registry():
    return CollectorRegistry(auto_describe=False)


@pytest.fixture
def monitor(registry):
    return PerformanceMonitor(registry=registry)


@pytest.fixture
def give(registry):
    """``give(*metrics)``: a collector of these."""

    def register(*metrics):
        class Fixed:
            def collect(self):
                return metrics

        registry.register(Fixed())

    return register


def labels(message):
    return {pair.name: pair.value for pair in message.label}


def theirs(samples):
    return {key: value for key, value in samples.items() if not key[0].startswith("mcp_")}


def test_samples_are_those_of_text(registry, monitor) -> None:
    """Whatever the type, every sample of text is there, with its labels and value."""
    Counter("jobs", "Jobs.", ["kind"], registry=registry).labels("a").inc(2.5)
    Gauge("level", "Level.", registry=registry).set(-1)
    histogram = Histogram("took", "Took.", ["kind"], buckets=[0.1, 1], registry=registry)
    histogram.labels("a").observe(0.05)
    histogram.labels("b").observe(5)
    Summary("size", "Size.", registry=registry).observe(3)
    Info("build", "Build.", registry=registry).info({"version": "1"})
    Enum("state", "State.", states=["on", "off"], registry=registry).state("off")

    found = protobuf.read(monitor)
    kinds = {name: kind for name, kind in protobuf.kinds(found).items() if not name.startswith("mcp_")}

    assert theirs(readings.samples(monitor)) == theirs(protobuf.samples(found))
    assert {
        "jobs_total": "counter",
        "jobs_created": "gauge",
        "level": "gauge",
        "took": "histogram",
        "took_created": "gauge",
        "size": "summary",
        "size_created": "gauge",
        "build_info": "gauge",
        "state": "gauge",
    } == kinds


def test_their_histograms_are_classic(registry, monitor) -> None:
    """What was counted in classic buckets only has no native ones."""
    Histogram("took", "Took.", registry=registry).observe(1)
    histogram = protobuf.read(monitor)["took"].metric[0].histogram

    assert 1 == histogram.sample_count
    assert not histogram.HasField("zero_threshold")
    assert not histogram.positive_span


def test_exemplars(registry, monitor) -> None:
    """Exemplars of counters and buckets come with their labels and time."""
    Counter("jobs", "Jobs.", registry=registry).inc(2, {"trace": "x"})
    took = Histogram("took", "Took.", buckets=[1], registry=registry)
    took.observe(0.5, {"trace": "y"})
    took.observe(5, {"trace": "z"})
    found = protobuf.read(monitor)
    counter = found["jobs_total"].metric[0].counter.exemplar
    buckets = found["took"].metric[0].histogram.bucket

    assert ({"trace": "x"}, 2) == (labels(counter), counter.value)
    assert counter.timestamp.seconds > 1e9
    assert [("y", 0.5), ("z", 5)] == [
        (labels(bucket.exemplar)["trace"], bucket.exemplar.value) for bucket in buckets
    ]
    assert float("inf") == buckets[-1].upper_bound


def test_unusual_types(give, monitor) -> None:
    """Unknown metrics, gauge histograms and summaries with quantiles have types of their own."""
    summary = SummaryMetricFamily("size", "Size.", count_value=3, sum_value=6)
    summary.add_sample("size", {"quantile": "0.5"}, 2)
    give(
        UnknownMetricFamily("what", "What.", value=1),
        GaugeHistogramMetricFamily("queue", "Queue.", buckets=[("1", 1), ("+Inf", 2.5)], gsum_value=4),
        summary,
    )
    found = protobuf.read(monitor)
    queue = found["queue"].metric[0].histogram

    assert ("untyped", 1) == (protobuf.kinds(found)["what"], found["what"].metric[0].untyped.value)
    assert ("gaugehistogram", 2.5, 4) == (
        protobuf.kinds(found)["queue"],
        queue.sample_count_float,
        queue.sample_sum,
    )
    assert [(1.0, 1)] == [(bucket.upper_bound, bucket.cumulative_count) for bucket in queue.bucket]
    assert [(0.5, 2)] == [(one.quantile, one.value) for one in found["size"].metric[0].summary.quantile]


def test_sum_that_is_not_there_is_no_number(give, monitor) -> None:
    """A histogram without a sum has none, rather than one of zero."""
    give(HistogramMetricFamily("took", "Took.", buckets=[("-1", 1), ("+Inf", 2)], sum_value=None))
    histogram = protobuf.read(monitor)["took"].metric[0].histogram

    assert 2 == histogram.sample_count
    assert histogram.sample_sum != histogram.sample_sum


def test_time_of_a_sample(give, monitor) -> None:
    """A sample that says when it was taken keeps that."""
    gauge = GaugeMetricFamily("level", "Level.", labels=["a"])
    gauge.add_metric(["x"], 1, timestamp=1234.5)
    give(gauge)

    assert 1234500 == protobuf.read(monitor)["level"].metric[0].timestamp_ms


def test_sample_of_another_name_is_a_metric_of_its_own(give, monitor) -> None:
    """What a collector puts beside its metric, under another name, is there, of no known type."""
    odd = Metric("odd", "Odd.", "gauge")
    odd.add_sample("odd", {}, 1)
    odd.add_sample("odder", {}, 2)
    give(odd)
    found = protobuf.read(monitor)

    assert 2 == found["odder"].metric[0].untyped.value
    assert ("gauge", "untyped") == (protobuf.kinds(found)["odd"], protobuf.kinds(found)["odder"])


def test_names_restrict_the_answer(registry, monitor) -> None:
    """With names those come that have a sample of the name."""
    Counter("jobs", "Jobs.", registry=registry).inc()
    Histogram("took", "Took.", registry=registry).observe(1)
    Gauge("level", "Level.", registry=registry)

    assert {"jobs_total", "took"} == set(protobuf.read(monitor, "jobs_total", "took_count"))
    assert {"took"} == set(protobuf.read(monitor, "took"))


def test_odd_metric_costs_nothing_else(give, monitor) -> None:
    """A metric that cannot be written is left out and counted."""
    odd = GaugeMetricFamily("odd", "Odd.", labels=["a"])
    odd.add_metric(["a"], "no number")
    give(GaugeMetricFamily("good", "Good.", value=1), odd, GaugeMetricFamily("none", "None.", value=None))
    found = protobuf.read(monitor)

    assert "good" in found
    assert "odd" not in found
    assert 1 == readings.value(monitor, "mcp_monitor_scrape_errors_total", collector="odd")


def test_label_value_that_is_not_unicode(give, monitor) -> None:
    """What is not Unicode in a label value is written as ?, and costs no series."""
    odd = GaugeMetricFamily("odd", "Odd.", labels=["a"])
    odd.add_metric(["\ud800"], 1)
    odd.add_metric(["b"], 2)
    give(odd)

    assert ["?", "b"] == [one.label[0].value for one in protobuf.read(monitor)["odd"].metric]


@pytest.mark.parametrize(
    ("escaping", "metric", "label"),
    [
        ("", "a_b", "c_d"),
        ("allow-utf-8", "a.b", "c.d"),
        ("dots", "a_dot_b", "c_dot_d"),
        ("values", "U__a_2e_b", "U__c_2e_d"),
    ],
)
def test_names_that_are_no_plain_words(give, monitor, escaping, metric, label) -> None:
    """They are escaped as it was asked for, and by underscores unless it was."""
    counter = CounterMetricFamily("a.b", "A.", labels=["c.d"])
    counter.add_metric(["x"], 1)
    give(counter)
    _, body = monitor.render(f"{protobuf.ACCEPT};escaping={escaping}" if escaping else protobuf.ACCEPT)
    found = protobuf.families(body)
    name = next(name for name in found if "a" in name and not name.startswith("mcp_"))

    assert name.startswith(metric)
    assert {label: "x"} == labels(found[name].metric[0])
