"""Several workers of different versions of an application, as in a rolling restart."""

from __future__ import annotations

import os

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from support.readings import FakeClock, samples, value

from mcp_perf.workers.files import archive


@pytest.mark.long
def test_releases_leave_no_copies(worker, tmp_path) -> None:
    """Dead workers that described a metric in other words are one family in the archive."""
    for text in ("Jobs.", "Jobs that were done."):
        child = os.fork()
        if child == 0:  # pragma: no cover - in the child
            try:
                worker().counter("jobs", text, ["kind"]).labels("a").inc(2)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    monitor = worker()
    assert 4.0 == value(monitor, "jobs_total", kind="a")
    (path,) = tmp_path.rglob("archive")
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        families = archive.load(directory).families
    finally:
        os.close(directory)

    assert 1 == sum(description.key == "jobs_total" for description in families)


def test_other_buckets_side_by_side(worker) -> None:
    """In a rolling restart with other buckets all observations count, under the newer worker's buckets."""
    old = worker(buckets=[0.1, 1, 10], clock=FakeClock(now=1000.0).clock)
    new = worker(buckets=[0.25, 1, 10], clock=FakeClock(now=2000.0).clock)
    for monitor in (old, new):
        for amount in (0.05, 0.5, 5):
            monitor.histogram("size", "Sizes.", ["a"]).labels("x").observe(amount)
    for monitor in (old, new):
        found = samples(monitor, "size_bucket", "size_count", "size_sum")
        buckets = {
            dict(labels)["le"]: number for (name, labels), number in found.items() if name == "size_bucket"
        }

        assert {"0.25": 2.0, "1.0": 4.0, "10.0": 6.0, "+Inf": 6.0} == buckets
        assert 11.1 == pytest.approx(value(monitor, "size_sum", a="x"))


def test_other_labels_and_types_side_by_side(worker) -> None:
    """Metrics that a newer version of the application labels or types otherwise spoil nothing else."""
    old = worker(clock=FakeClock(now=1000.0).clock)
    new = worker(clock=FakeClock(now=2000.0).clock)
    old.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    new.counter("jobs", "Jobs by kind and size.", ["kind", "size"]).labels("a", "xl").inc(2)
    old.counter("level_total", "A counter once.").inc(3)
    new.gauge("level_total", "A gauge now.").set(4)
    for monitor in (old, new):
        assert (1.0, 2.0) == (
            value(monitor, "jobs_total", kind="a"),
            value(monitor, "jobs_total", kind="a", size="xl"),
        )
        assert 4.0 == value(monitor, "level_total")
        assert b"# HELP jobs_total Jobs by kind and size.\n" in monitor.render()[1]


def test_a_name_that_two_metrics_write_side_by_side(worker) -> None:
    """Where a newer version's histogram writes the name of an older gauge, only the histogram is told."""
    old = worker(clock=FakeClock(now=1000.0).clock)
    new = worker(clock=FakeClock(now=2000.0).clock)
    old.gauge("size_count", "A gauge once.").set(4)
    old.counter("jobs", "Jobs.").inc()
    new.histogram("size", "Sizes.", buckets=[1]).observe(0.5)
    for monitor in (old, new):
        body = monitor.render()[1]
        assert (1, 1) == (body.count(b"\nsize_count"), body.count(b"\njobs_total"))
        assert 1.0 == value(monitor, "size_count")


@pytest.mark.parametrize("kinds", [("gauge", "counter"), ("counter", "gauge")])
def test_gauge_that_becomes_a_counter(worker, kinds) -> None:
    """Where a metric is of another type in a newer version, only that is told, in every format."""
    for now, kind in zip((1000.0, 2000.0), kinds, strict=True):
        monitor = worker(clock=FakeClock(now=now).clock)
        getattr(monitor, kind)("size", kind).inc(now)
        last = monitor
    body = last.render("application/openmetrics-text;version=1.0.0")[1].decode()

    families = {family.name: family for family in text_string_to_metric_families(body)}
    assert kinds[1] == families["size"].type
    assert [2000.0] == [sample.value for sample in families["size"].samples]
    assert 1 == sum(metric.name == "size" for metric in last.collector.collect())


def test_gauge_that_is_merged_otherwise_side_by_side(worker) -> None:
    """Where a newer version merges a gauge in another way, that holds for all of them."""
    old = worker(clock=FakeClock(now=1000.0).clock)
    new = worker(clock=FakeClock(now=2000.0).clock)
    old.gauge("level", "Level.", ["a"], multiprocess_mode="sum").labels("x").set(5)
    new.gauge("level", "Level.", ["a"], multiprocess_mode="max").labels("x").set(7)
    for monitor in (old, new):
        assert 7.0 == value(monitor, "level", a="x")
        assert 1 == monitor.render()[1].count(b"\nlevel{")
