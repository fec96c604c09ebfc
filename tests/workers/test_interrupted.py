"""A scrape that is broken off, by a signal handler that raises for example, spoils no later one."""

from __future__ import annotations

import sys

from support.readings import FakeClock, samples

from mcp_perf import PerformanceMonitor

# Where something is kept from one scrape for the next.
KEEPING = ("retention.py", "rows.py", "merge.py", "index.py", "sibling.py", "crew.py")


class InterruptionError(Exception):
    """What a signal handler raises."""


def interrupted(do, at):
    """Have `do` broken off before that line of those modules; whether it came so far."""
    lines = 0

    def trace(frame, _event, _arg):
        return each if frame.f_code.co_filename.endswith(KEEPING) else None

    def each(_frame, event, _arg):
        nonlocal lines
        if event == "line":
            lines += 1
            if lines == at:
                raise InterruptionError
        return each

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        do()
    except InterruptionError:
        pass
    finally:
        sys.settrace(before)
    return lines >= at


def test_scrape_that_is_broken_off_spoils_no_later_one(tmp_path) -> None:
    """Wherever an exception breaks a scrape off, the next one has all that was counted, by all workers."""
    clock = FakeClock()
    first, second = (
        PerformanceMonitor(registry=None, worker_dir=tmp_path / "workers", clock=clock.clock, retention=600)
        for _ in range(2)
    )
    jobs = [monitor.counter("jobs", "Jobs.", ["kind"]) for monitor in (first, second)]
    found, expected = [], []
    for at in range(1, 151):
        for one in jobs:
            one.labels("all").inc()
        jobs[1].labels(at).inc()
        came_so_far = interrupted(first.snapshot, at)
        expected.append(3.0 * at)
        found.append(sum(samples(first, "jobs_total").values()))

    assert came_so_far
    assert expected == found
