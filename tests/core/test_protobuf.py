"""Our own metrics in the protobuf format: what text has, and native histograms."""

from __future__ import annotations

import math
import subprocess
import sys
from array import array
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import protobuf, readings
from support.garbage import old_collections

from mcp_perf import PerformanceMonitor, monitor_db_operation, monitor_workflow_step
from mcp_perf.exposition.choosing import choose
from mcp_perf.exposition.protobuf.protobuf_format import Messages
from mcp_perf.registry.description import FamilyDescription, Metric
from mcp_perf.registry.distribution import Distributions
from mcp_perf.registry.snapshot import FamilyReading
from mcp_perf.storage.grid import grid_of
from mcp_perf.storage.records import FIRST, SUM, timed_length

BUCKETS = st.sampled_from(
    [(0.005, 0.1, 10.0), (1.0,), (0.0, 1.0), (1.0, 1e6), (1e-300, 1.0, 1e300), (3.0, 3.1, 3.2, 7.0)]
)


def measured(clock):
    """A monitor with some of everything."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock)
    for seconds, table in ((0.003, "users"), (0.25, "users"), (0.25, 'odd "\\\n€'), (1e9, "users")):
        with (
            monitor_db_operation("select", table, monitor=monitor),
            monitor_workflow_step("w", "s", monitor=monitor),
        ):
            clock.advance(seconds)
    monitor.gauge("level", "Level.\nOf it.", ["tank"]).labels("a").set(-1.5)
    monitor.gauge("none", "Without series.", ["tank"])
    monitor.counter("jobs", "Jobs.").inc(2.5)
    monitor.histogram("changes", "Changes.", buckets=[-5, 0, 5]).observe(-3)
    return monitor


def unchanged(samples):
    """Without those that tell of the scrapes themselves."""
    return {key: value for key, value in samples.items() if "scrape" not in key[0]}


def only(monitor, name):
    """The one series of a histogram."""
    (metric,) = protobuf.read(monitor)[name].metric
    return metric.histogram


def test_samples_are_those_of_text(clock) -> None:
    """Every sample of the text format is there, with its labels and value."""
    monitor = measured(clock)
    expected = unchanged(readings.samples(monitor))
    actual = unchanged(protobuf.samples(protobuf.read(monitor)))

    assert ("changes_sum", frozenset()) in actual, "left out of text, since it is no counter"
    assert expected == {key: value for key, value in actual.items() if key[0] != "changes_sum"}


def test_types_and_names_are_those_of_text(clock) -> None:
    """Each metric has its type, its help and, where it is a counter, its suffix."""
    found = protobuf.read(measured(clock))
    kinds = protobuf.kinds(found)

    assert "counter" == kinds["mcp_db_operations_total"] == kinds["jobs_total"]
    assert "histogram" == kinds["mcp_db_operation_duration_seconds"]
    assert "gauge" == kinds["mcp_active_workflows"] == kinds["level"]
    assert "Level.\nOf it." == found["level"].help
    assert "none" not in found


@given(BUCKETS, st.lists(st.floats(allow_nan=False), max_size=30))
def test_native_bucket_holds_what_is_within_its_bounds(buckets, values) -> None:
    """Each observation is in the bucket that it belongs to; below the first, in the zero bucket."""
    monitor = PerformanceMonitor(registry=None)
    instrument = monitor.histogram("h", "H.", buckets=buckets)
    for value in values:
        instrument.observe(value)
    histogram = only(monitor, "h")
    found, zero = protobuf.native(histogram)
    steps = 2**histogram.schema
    last = max(found, default=0)

    assert len(values) == histogram.sample_count == zero + sum(found.values())
    assert histogram.zero_threshold > 0
    for number, count in found.items():
        assert count > 0
        low, high = 2.0 ** ((number - 1) / steps), 2.0 ** (number / steps)
        top = math.inf if number == last else high
        assert count <= sum(1 for value in values if low * (1 - 1e-15) <= value <= top)
    assert zero == sum(1 for value in values if value <= histogram.zero_threshold)


def test_native_histogram_of_known_values() -> None:
    """Bucket 0 ends at 1, and eight of them make a doubling; a classic bound in the midst splits none."""
    monitor = PerformanceMonitor(registry=None)
    instrument = monitor.histogram("h", "H.", buckets=[0.97, 1, 10])
    for value in (0.0, -1.0, 1e-9, 0.96, 0.98, 1.0, 1.01, 2.0, 2.01, 1e99):
        instrument.observe(value)
    histogram = only(monitor, "h")
    found, zero = protobuf.native(histogram)

    assert (3, 2.0**-13) == (histogram.schema, histogram.zero_threshold)
    assert (3, Counter({0: 3, 1: 1, 8: 1, 9: 1, 8 * 16 + 1: 1})) == (zero, found)
    assert [(0, 2), (6, 2), (119, 1)] == [(span.offset, span.length) for span in histogram.positive_span]
    assert [3, -2, 0, 0, 0] == list(histogram.positive_delta)
    assert 10 == histogram.sample_count


def test_empty_histogram_is_native_already() -> None:
    """A histogram without observations is told from a classic one by its zero bucket's breadth."""
    monitor = PerformanceMonitor(registry=None)
    monitor.histogram("h", "H.")

    assert only(monitor, "h").zero_threshold > 0


@pytest.mark.parametrize("buckets", [(-1.0, 1.0), (-2.0, -1.0), (0.0,)])
def test_histogram_that_is_not_exponential_is_classic_only(buckets) -> None:
    """Where a bound is negative, or none positive, there are the classic buckets only, which lose nothing."""
    monitor = PerformanceMonitor(registry=None)
    monitor.histogram("h", "H.", buckets=buckets).observe(-1.5)
    histogram = only(monitor, "h")

    assert list(buckets) == [bucket.upper_bound for bucket in histogram.bucket]
    assert not histogram.HasField("schema")
    assert not histogram.HasField("zero_threshold")


DESCRIPTION = FamilyDescription(
    "custom", "h", ("a",), (Metric("h", "histogram", "H.", "distribution"),), (1.0,)
)


def reading(**series):
    """A reading of histograms: by label value, the count of each slot that has one."""
    grid = grid_of((1.0,))

    def run(counts):
        slots = array("d", bytes(8 * timed_length(grid)))
        slots[SUM] = 1.5
        for slot, count in counts.items():
            slots[FIRST + slot] = count
        return slots.tobytes()

    runs = [run(counts) for counts in series.values()]
    return FamilyReading(DESCRIPTION, tuple((name,) for name in series), Distributions(grid, runs))


def rendered(messages, *families):
    parts, faults = messages.render(families, choose(protobuf.ACCEPT))
    return b"".join(parts), faults


def test_counts_that_are_not_whole_are_floats() -> None:
    """A histogram with a share of an observation is one of floats, throughout."""
    body, _ = rendered(Messages(), reading(x={0: 0.5, 5: 2.0}))
    histogram = protobuf.families(body)["h"].metric[0].histogram
    found, zero = protobuf.native(histogram)

    assert (2.5, 0, 0.5, 0) == (
        histogram.sample_count_float,
        histogram.sample_count,
        histogram.zero_count_float,
        histogram.zero_count,
    )
    assert ([2.0], [], 0.5) == (list(found.values()), list(histogram.positive_delta), zero)


def test_series_that_cannot_be_written_costs_nothing_else() -> None:
    """A count that is none is told of, in every scrape, and all other series are there."""
    messages = Messages()
    for _ in range(2):
        body, faults = rendered(messages, reading(good={3: 1.0}, bad={3: -1.0}))

        assert [("h", 1)] == [(fault.metric, fault.number) for fault in faults]
        assert ["good"] == [metric.label[0].value for metric in protobuf.families(body)["h"].metric]


COUNTS = st.dictionaries(
    st.integers(0, 50), st.sampled_from([0.0, 0.5, 1.0, 2.0, -1.0, math.inf]), max_size=4
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), COUNTS), max_size=5))
def test_what_is_kept_is_what_would_be_written(history) -> None:
    """However series come and go, whatever is wrong with some, the answer is that of a first scrape."""
    kept = Messages()
    for series in history:
        parts = [rendered(Messages(), reading(**{name: series[name]}))[0] for name in series]
        alone = [
            metric
            for part in parts
            for family in protobuf.families(part).values()
            for metric in family.metric
        ]
        together = protobuf.families(rendered(kept, reading(**series))[0])

        assert alone == [metric for family in together.values() for metric in family.metric]


def test_families_of_one_name_are_one() -> None:
    """Families that share a metric, with other labels each, are one message."""
    other = FamilyDescription("custom", "h", (), DESCRIPTION.metrics, (1.0,))
    first = reading(x={3: 1.0})
    body, _ = rendered(Messages(), first, FamilyReading(other, ((),), first.values))

    assert [1, 0] == [len(metric.label) for metric in protobuf.families(body)["h"].metric]


def test_names_restrict_the_answer(clock) -> None:
    """With names those metrics come that have a sample of the name, whole."""
    monitor = measured(clock)

    assert {"jobs_total", "mcp_db_operation_duration_seconds"} == set(
        protobuf.read(monitor, "jobs_total", "mcp_db_operation_duration_seconds_count", "nothing")
    )
    assert {} == protobuf.read(monitor, "nothing")


def test_library_is_imported_when_it_is_needed_only() -> None:
    """A scrape in another format imports nothing of protobuf."""
    code = "import sys, mcp_perf; mcp_perf.PerformanceMonitor().render(); print(*sys.modules)"

    assert "google.protobuf" not in subprocess.check_output([sys.executable, "-c", code], text=True).split()


def test_without_the_library_the_next_format_answers() -> None:
    """Where protobuf is not installed, whoever prefers it gets what it likes next."""
    code = (
        "import sys; sys.modules['google.protobuf'] = None; import mcp_perf\n"
        "render = mcp_perf.PerformanceMonitor().render\n"
        f"print(render({protobuf.ACCEPT + ',application/openmetrics-text;q=0.5'!r})[0].partition(';')[0])\n"
        f"print(render({protobuf.ACCEPT!r})[0].partition(';')[0])"
    )

    assert ["application/openmetrics-text", "text/plain"] == subprocess.check_output(
        [sys.executable, "-c", code], text=True
    ).split()


def test_other_descriptions_of_the_messages_are_in_nobody_s_way() -> None:
    """Another library may register messages of the same names, before or after."""
    code = (
        "from google.protobuf import descriptor_pb2, descriptor_pool\n"
        "import mcp_perf\n"
        "def theirs():\n"
        "    file = descriptor_pb2.FileDescriptorProto()\n"
        "    file.name, file.package = 'io/prometheus/client/metrics.proto', 'io.prometheus.client'\n"
        "    file.message_type.add(name='MetricFamily').field.add(name='x', number=1, type=5, label=1)\n"
        "    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())\n"
        "if {first}: theirs()\n"
        f"monitor = mcp_perf.PerformanceMonitor()\nassert monitor.render({protobuf.ACCEPT!r})[1]\n"
        "if not {first}: theirs()\n"
        f"print(monitor.render({protobuf.ACCEPT!r})[0].partition(';')[0])\n"
    )
    for first in (True, False):
        run = [sys.executable, "-c", code.replace("{first}", str(first))]
        assert "application/vnd.google.protobuf" == subprocess.check_output(run, text=True).strip()


def test_collector_of_garbage_has_little_to_do() -> None:
    """Many series that have changed make few objects that the collector of garbage would go through."""
    monitor = PerformanceMonitor(registry=None, max_series=20_000)
    counter = monitor.counter("jobs", "Jobs.", ["kind"])
    handles = [counter.labels(number) for number in range(10_000)]
    monitor.render(protobuf.ACCEPT)
    for handle in handles:
        handle.inc()
    with old_collections() as collected:
        monitor.render(protobuf.ACCEPT)
    assert [] == collected
