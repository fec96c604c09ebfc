"""A real push gateway keeps what jobs push, as they meant it."""

from __future__ import annotations

import pytest
from support.gateway import gateway

from mcp_perf import PerformanceMonitor

pytestmark = pytest.mark.real

LAST_SUCCESS = "mcp_job_last_success_timestamp_seconds"


@pytest.fixture
def real(need):
    with gateway(need("prometheus-pushgateway")) as found:
        yield found


def run(real, clock, error=None, rows=5, **options):
    """One run of a job, in a process's monitor of its own."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock)
    clock.advance(3600)
    try:
        with monitor.push(real.address, "nightly", **options):
            counted = monitor.counter("rows", "Rows.", ["table"])
            counted.labels(f"t{rows}").inc(rows)
            monitor.histogram("batch", "Batches.").observe(rows)
            clock.advance(60)
            if error is not None:
                raise error
    except ValueError:
        pass


def labels(**more):
    return {"instance": "", "job": "nightly", **more}


def test_runs_follow_each_other(real, clock) -> None:
    """The group has what the last run has measured, and after a failure still knows the last success."""
    run(real, clock, rows=5)
    first = real.samples(LAST_SUCCESS)
    run(real, clock, ValueError(), rows=7)

    assert [(labels(), 1_003_660.0)] == first == real.samples(LAST_SUCCESS)
    assert [(labels(), 0.0)] == real.samples("mcp_job_last_success")
    assert [(labels(), 1_007_320.0)] == real.samples("mcp_job_last_end_timestamp_seconds")
    assert [(labels(table="t7"), 7.0)] == real.samples("rows_total")

    run(real, clock, rows=9)
    assert [(labels(), 1_010_980.0)] == real.samples(LAST_SUCCESS)
    assert [(labels(table="t9"), 9.0)] == real.samples("rows_total")
    assert [(labels(), 1.0)] == real.samples("batch_count")


def test_groups_stay_apart(real, clock) -> None:
    """Whatever characters labels have, each group is one of its own."""
    odd = ["1", "", "a/b", "a b", "ü~+%?#&=", "@base64", "x@base64/y", '"\\', "..", ".", "..."]
    for number, shard in enumerate(odd):
        run(real, clock, rows=number, grouping={"shard": shard})

    assert {shard: float(number) for number, shard in enumerate(odd)} == {
        found["shard"]: value for found, value in real.samples("rows_total")
    }


def test_delete(real, clock) -> None:
    """With `delete` the group is gone at the end."""
    run(real, clock)
    run(real, clock, grouping={"shard": "1"})
    run(real, clock, delete=True)
    assert [labels(shard="1")] == [found for found, _ in real.samples("mcp_job_last_success")]


def test_all_metrics_are_taken(real) -> None:
    """The gateway takes whatever a monitor has, gauges of several workers and odd label values too."""
    monitor = PerformanceMonitor(registry=None)
    monitor.gauge("level", "Level.", multiprocess_mode="all").set(1)
    monitor.counter("odd", "Odd.", ["text"]).labels('a"b\\c\nü').inc()
    monitor.histogram("change", "Change.", buckets=(-1, 1)).observe(-3)
    with monitor.push(real.address, "everything") as push:
        assert push.push()
    assert 1 == len(real.samples("level")) == len(real.samples("odd_total"))
    assert 3 == len(real.samples("change_bucket"))
