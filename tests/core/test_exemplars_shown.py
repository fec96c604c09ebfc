"""Exemplars as ``/metrics`` shows them: in OpenMetrics and protobuf, and in no other format."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from support import protobuf
from support.exemplars import Traced

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
OTHERS = ("", "text/plain;version=0.0.4", "text/plain;version=1.0.0", "application/json")


@pytest.fixture
def call(monitor, clock):
    return Traced(monitor, clock)


def lines(monitor, accept=OPENMETRICS):
    """The lines that tell nothing of the scrapes themselves."""
    return [line for line in monitor.render(accept)[1].decode().splitlines() if "scrape" not in line]


def parsed(monitor):
    """The exemplars of each sample that has one, as prometheus_client reads them: labels, value, time."""
    found = {}
    for family in text_string_to_metric_families(monitor.render(OPENMETRICS)[1].decode()):
        for sample in family.samples:
            if sample.exemplar is not None:
                one = sample.exemplar
                key = sample.name, sample.labels.get("le")
                found[key] = one.labels, one.value, float(one.timestamp)
    return found


def test_bucket_shows_its_exemplar(monitor, clock, call) -> None:
    """Labels, value and time stand behind the number of the bucket, and nowhere else."""
    call(0.3, 0xAB)
    call(99.0, 0xCD)
    trace = {"trace_id": "000000000000000000000000000000ab", "span_id": "0000000000000001"}
    other = {**trace, "trace_id": "000000000000000000000000000000cd"}

    name = "mcp_call_duration_seconds_bucket"
    expected = {(name, "0.5"): (trace, 0.3, clock.now), (name, "+Inf"): (other, 99.0, clock.now)}
    assert expected == parsed(monitor)
    assert (
        'mcp_call_duration_seconds_bucket{le="0.5",name="work",status="success"} 1.0 '
        '# {span_id="0000000000000001",trace_id="000000000000000000000000000000ab"} 0.3 1000000.0'
    ) in lines(monitor)
    assert 'mcp_call_duration_seconds_count{name="work",status="success"} 2.0' in lines(monitor)


@pytest.mark.parametrize("accept", OTHERS)
def test_other_text_has_none(monitor, call, accept) -> None:
    """Whoever cannot read exemplars gets none, also where somebody who can has asked before."""
    call(0.3, 1)
    monitor.counter("jobs", "Jobs.").inc(exemplar={"n": "1"})
    for _ in range(2):
        assert any(" # {" in line for line in lines(monitor))
        assert not any(" # {" in line for line in lines(monitor, accept))


def test_collector_says_the_same(monitor, call) -> None:
    """In a registry of prometheus_client everything reads as it does here."""
    for trace, seconds in enumerate([0.001, 0.3, 99.0], 1):
        call(seconds, trace)
    monitor.counter("jobs", "Jobs.", ["kind"]).labels("a").inc(2, {"n": "1"})
    monitor.counter("jobs", "Jobs.", ["kind"]).labels("b").inc(2)
    monitor.histogram("size", "Sizes.", buckets=[-1, 1]).observe(-5, {"n": "1"})
    registry = CollectorRegistry()
    registry.register(monitor.collector)
    expected = [line for line in generate_latest(registry).decode().splitlines() if "scrape" not in line]

    assert 5 == sum(" # {" in line for line in expected)
    assert expected == lines(monitor)


def test_newer_exemplar_is_shown_without_a_newer_number(monitor, call) -> None:
    """What is kept of the text of a series for the next time does not hide that its exemplar has changed."""
    call(0.3, 1)
    lines(monitor)
    call.series.show(0.4, (("n", "2"),))
    assert [({"n": "2"}, 0.4)] == [one[:2] for one in parsed(monitor).values()]
    (metric,) = protobuf.read(monitor)["mcp_call_duration_seconds"].metric
    call.series.show(0.4, (("n", "3"),))
    (after,) = protobuf.read(monitor)["mcp_call_duration_seconds"].metric
    assert ["2", "3"] == [one.histogram.exemplars[0].label[0].value for one in (metric, after)]


def buckets(metric):
    """The buckets of a message that have exemplars: what their first label says, by bound."""
    return {
        bucket.upper_bound: bucket.exemplar.label[0].value
        for bucket in metric.histogram.bucket
        if bucket.HasField("exemplar")
    }


def test_classic_buckets_in_protobuf(monitor, clock) -> None:
    """Each bucket has its own; that without a bound is there only where it has one."""
    sizes = monitor.histogram("size", "Sizes.", ["kind"], buckets=[1, 10])
    for kind, values in (("a", (0.5, 7, 99)), ("b", (0.5,)), ("c", ())):
        for value in values:
            sizes.labels(kind).observe(value, {"n": f"{kind}{value}"})
    sizes.labels("c").observe(5)
    found = protobuf.read(monitor)["size"].metric

    assert {1.0: "a0.5", 10.0: "a7", float("inf"): "a99"} == buckets(found[0])
    assert [1, 2, 3] == [bucket.cumulative_count for bucket in found[0].histogram.bucket]
    assert {1.0: "b0.5"} == buckets(found[1])
    assert {} == buckets(found[2])
    assert [3, 2, 2] == [len(one.histogram.bucket) for one in found]
    assert clock.now == found[0].histogram.bucket[0].exemplar.timestamp.ToSeconds()


def test_native_histogram_in_protobuf(monitor, clock) -> None:
    """A native histogram has all of them, the newest last; one that is no native one has none."""
    size = monitor.histogram("size", "Sizes.", buckets=[1, 10])
    for value in (99, 0.5, 7):
        size.observe(value, {"n": f"{value}"})
        clock.advance(2)
    monitor.histogram("change", "Changes.", buckets=[-1, 1]).observe(0, {"n": "0"})
    found = protobuf.read(monitor)

    exemplars = found["size"].metric[0].histogram.exemplars
    assert [99.0, 0.5, 7.0] == [one.value for one in exemplars]
    assert [clock.now - 6, clock.now - 4, clock.now - 2] == [one.timestamp.ToSeconds() for one in exemplars]
    assert {1.0: "0"} == buckets(found["change"].metric[0])
    assert not found["change"].metric[0].histogram.exemplars


def test_counter_in_protobuf(monitor) -> None:
    """A counter has one, and its neighbours do not."""
    jobs = monitor.counter("jobs", "Jobs.", ["kind"])
    for kind in "abc":
        jobs.labels(kind).inc()
    jobs.labels("b").inc(2, {"n": "1"})
    found = [one.counter for one in protobuf.read(monitor)["jobs_total"].metric]

    assert [False, True, False] == [one.HasField("exemplar") for one in found]
    assert (2.0, "n", "1") == (
        found[1].exemplar.value,
        found[1].exemplar.label[0].name,
        found[1].exemplar.label[0].value,
    )


def test_names_restrict_exemplars_too(monitor, call) -> None:
    """Who asks for some samples only gets the exemplars of these."""
    call(0.3, 1)
    for name, number in (("mcp_call_duration_seconds_bucket", 1), ("mcp_calls_total", 0)):
        body = monitor.render(OPENMETRICS, [name])[1].decode()
        assert number == body.count(" # {")
