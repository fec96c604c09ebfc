"""Points: what is pushed says what ``/metrics`` says, in OTLP's words."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.otlp import CUMULATIVE, DELTA, Pushed
from support.readings import FakeClock, value

from mcp_perf import monitor_call, monitor_db_operation, monitor_workflow_step

EXPONENTIAL = "base2_exponential_bucket_histogram"


def measured(one):
    """Some of each kind."""
    with monitor_db_operation("select", "users", monitor=one.monitor):
        one.clock.advance(0.3)
    with pytest.raises(KeyError), monitor_workflow_step("checkout", "charge", monitor=one.monitor):
        raise KeyError
    one.monitor.gauge("level", "Level.").set(-2.5)
    one.monitor.counter("jobs", "Jobs.", ["queue"]).labels("mail").inc(1.5)
    return one


def test_counters_gauges_and_what_is_going_on(pushed) -> None:
    """A counter is a monotonic sum; what is in progress one that is not; all else that goes down a gauge."""
    one = measured(pushed())
    with monitor_workflow_step("checkout", "pack", monitor=one.monitor):
        assert one.push()
    found = one.receiver
    jobs, level = found.last("jobs_total", queue="mail"), found.last("level")
    operations, active = found.last("mcp_db_operations_total"), found.last("mcp_active_workflows")

    assert ("sum", 1.5, True) == (jobs.kind, jobs.number, jobs.of.is_monotonic)
    assert CUMULATIVE == jobs.of.aggregation_temporality
    assert ("gauge", -2.5, "") == (level.kind, level.number, level.unit)
    assert ("sum", 1, "{operation}") == (operations.kind, operations.body.as_int, operations.unit)
    assert {"operation": "select", "table": "users", "status": "success"} == dict(operations.attributes)
    assert ("sum", 1, False) == (active.kind, active.number, active.of.is_monotonic)
    assert ("gauge", 1, "{process}") == (
        found.last("mcp_monitor_workers").kind,
        found.last("mcp_monitor_workers").number,
        found.last("mcp_monitor_workers").unit,
    )


def test_classic_histogram(pushed) -> None:
    """A histogram has the bounds of the monitor, one count for each bucket, the sum, and its unit."""
    one = pushed({"buckets": (0.1, 1.0)})
    for seconds in (0.1, 0.2, 0.3, 5.0):
        with monitor_call("render", monitor=one.monitor):
            one.clock.advance(seconds)
    assert one.push()
    point = one.receiver.last("mcp_call_duration_seconds")

    assert ("histogram", "s", 4) == (point.kind, point.unit, point.body.count)
    assert ([0.1, 1.0], [1, 2, 1]) == (list(point.body.explicit_bounds), list(point.body.bucket_counts))
    assert point.body.sum == pytest.approx(5.6)
    assert not point.body.HasField("max")


@given(
    st.lists(st.floats(min_value=0, max_value=1e6), max_size=30), st.sampled_from(["explicit", "exponential"])
)
def test_every_observation_is_in_the_bucket_that_it_belongs_to(values, kind) -> None:
    """Whatever is observed is in one bucket, which has it within its bounds; count and sum are exact."""
    # A fixture lives longer than one example.
    one = Pushed(FakeClock(), {}, histograms=EXPONENTIAL if kind == "exponential" else None)
    instrument = one.monitor.histogram("h", "H.")
    for number in values:
        instrument.observe(number)
    assert one.push()
    body = one.receiver.last("h").body

    assert len(values) == body.count
    assert math.isclose(math.fsum(values), body.sum, abs_tol=1e-300)
    if kind == "explicit":
        bounds = [-math.inf, *body.explicit_bounds, math.inf]
        assert [sum(low < one <= high for one in values) for low, high in pairwise(bounds)] == list(
            body.bucket_counts
        )
        return
    base = 2 ** (2**-body.scale)
    assert len(values) == body.zero_count + sum(body.positive.bucket_counts)
    last = body.positive.offset + len(body.positive.bucket_counts) - 1
    for place, count in enumerate(body.positive.bucket_counts, body.positive.offset):
        low, high = base**place * (1 - 1e-12), base ** (place + 1) * (1 + 1e-12) if place < last else math.inf
        assert count <= sum(low < one <= high for one in values)


def test_exponential_histogram_of_known_values(pushed) -> None:
    """Bucket 0 begins at 1 and does not hold it; eight make a doubling; buckets between are empty."""
    one = pushed({"buckets": (0.97, 1, 10)}, histograms=EXPONENTIAL)
    instrument = one.monitor.histogram("h_seconds", "H.")
    for number in (0.0, 1e-9, 0.96, 0.98, 1.0, 1.01, 2.0, 2.01):
        instrument.observe(number)
    assert one.push()
    body = one.receiver.last("h_seconds").body

    assert (3, 2, -1) == (body.scale, body.zero_count, body.positive.offset)
    assert [3, 1, 0, 0, 0, 0, 0, 0, 1, 1][:10] == list(body.positive.bucket_counts)
    assert 8 == body.count


def test_what_has_no_exponential_histogram(pushed) -> None:
    """A histogram with negative bounds stays a classic one, and has no sum, which might go down."""
    one = pushed(histograms=EXPONENTIAL)
    one.monitor.histogram("change", "Change.", buckets=(-1, 1)).observe(-5)
    assert one.push()
    point = one.receiver.last("change")

    assert ("histogram", [1, 0, 0], False) == (
        point.kind,
        list(point.body.bucket_counts),
        point.body.HasField("sum"),
    )


def test_a_sample_rate_leaves_the_counter_exact(pushed) -> None:
    """Of what is timed by samples the counter has all, and the histogram its share."""
    one = pushed()
    one.clock.luck = 0.99
    with monitor_db_operation("select", "users", monitor=one.monitor, sample_rate=0.5):
        pass
    one.clock.luck = 0.0
    with monitor_db_operation("select", "users", monitor=one.monitor, sample_rate=0.5):
        pass
    assert one.push()

    assert 2 == one.receiver.last("mcp_db_operations_total").number
    assert 1 == one.receiver.last("mcp_db_operation_duration_seconds").number


def test_all_that_metrics_has_is_there(pushed) -> None:
    """Whatever the monitor itself writes on ``/metrics`` is pushed, each series once."""
    one = measured(pushed())
    assert one.push()
    points = one.receiver.points()

    assert len(points) == len({one.series for one in points})
    for point in points:
        if point.kind in ("sum", "gauge") and not point.metric.startswith("mcp_monitor_"):
            assert point.number == value(one.monitor, point.metric, **dict(point.attributes))
    assert {"jobs_total", "level", "mcp_db_operation_duration_seconds", "mcp_workflow_steps_total"} <= {
        one.metric for one in points
    }


def test_many_series_are_several_messages(pushed) -> None:
    """What is too much for one message of gRPC comes in several, each series in one of them."""
    one = pushed({"max_series": 5000})
    jobs = one.monitor.counter("jobs", "Jobs.", ["number"])
    for number in range(4500):
        jobs.labels(number).inc(number)
    assert one.push()

    assert 3 == len(one.receiver.requests)
    found = {dict(point.attributes)["number"]: point.number for point in one.receiver.points("jobs_total")}
    assert {str(number): number for number in range(4500)} == found


def test_lowmemory(pushed) -> None:
    """With ``lowmemory`` events are deltas, and what the toolkit reads of itself is cumulative."""
    one = measured(pushed(temporality="lowmemory"))
    assert one.push()

    assert DELTA == one.receiver.last("jobs_total").of.aggregation_temporality
    assert DELTA == one.receiver.last("mcp_db_operation_duration_seconds").of.aggregation_temporality
    assert CUMULATIVE == one.receiver.last("mcp_monitor_scrapes_total").of.aggregation_temporality
    assert CUMULATIVE == one.receiver.last("mcp_active_workflows").of.aggregation_temporality


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
@pytest.mark.parametrize("histograms", ["explicit_bucket_histogram", EXPONENTIAL])
def test_exemplars(temporality, histograms, pushed) -> None:
    """The events that stand for what has come are told with it, once, and lead to their trace."""
    one = pushed(temporality=temporality, histograms=histograms)
    wait = one.monitor.histogram("wait", "Waiting.")
    one.clock.advance(1)
    wait.observe(
        0.3, {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331", "shop": "7"}
    )
    one.monitor.counter("jobs", "Jobs.").inc(2, {"trace_id": "none"})
    one.push()
    wait.observe(0.4)
    one.push()
    first, second = one.receiver.points("wait")
    (found,) = first.body.exemplars

    assert ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331") == (
        found.trace_id.hex(),
        found.span_id.hex(),
    )
    assert (0.3, 1_000_001_000_000_000) == (found.as_double, found.time_unix_nano)
    assert [("shop", "7")] == [(one.key, one.value.string_value) for one in found.filtered_attributes]
    assert [] == list(second.body.exemplars)
    (job,) = one.receiver.points("jobs_total")[0].body.exemplars
    assert (b"", ["trace_id"], 2.0) == (
        job.trace_id,
        [one.key for one in job.filtered_attributes],
        job.as_double,
    )


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
@pytest.mark.parametrize(
    ("trace", "span"), [("a" * 32, "b" * 32), ("a" * 33, "b" * 16), ("0" * 32, "b" * 16)]
)
def test_ids_that_are_none(trace, span, temporality, pushed) -> None:
    """What is no id of a trace or span is told as it is, and keeps nothing else from being told."""
    one = pushed(temporality=temporality)
    one.clock.advance(1)
    one.monitor.counter("jobs", "Jobs.").inc(2, {"trace_id": trace, "span_id": span})
    one.push()
    (point,) = one.receiver.points("jobs_total")
    (found,) = point.body.exemplars

    assert (b"", b"") == (found.trace_id, found.span_id)
    assert {"trace_id": trace, "span_id": span} == {
        label.key: label.value.string_value for label in found.filtered_attributes
    }


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_exemplars_that_cannot_be_sent(temporality, pushed, caplog) -> None:
    """What cannot be sent with its exemplars is told without them, and that is said once."""
    one = pushed(temporality=temporality)
    one.receiver.is_choosy = True
    jobs = one.monitor.counter("jobs", "Jobs.")
    for _ in range(2):
        one.clock.advance(1)
        jobs.inc(2, {"trace_id": "none"})
        assert one.push()

    told = [(point.number, len(point.body.exemplars)) for point in one.receiver.points("jobs_total")]
    assert [(2, 0), (2 if temporality == "delta" else 4, 0)] == told
    assert 1 == caplog.text.count("mcp_perf pushes without exemplars what it cannot push with them")
