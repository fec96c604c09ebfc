"""Writes from many threads, and the assumption about the interpreter that they rest on."""

from __future__ import annotations

import dis
import os
import signal
import sys
import threading
from contextvars import ContextVar

import pytest

from mcp_perf import PerformanceMonitor, workflows
from mcp_perf.http.exchange import Exchange
from mcp_perf.registry.series import GaugeSeries, Series, TimedSeries
from mcp_perf.storage import atomic, records
from mcp_perf.storage.grid import DEFAULT_BUCKETS, Grid

THREADS = 8
EVENTS = 20_000

_STORES = ("STORE_SUBSCR", "STORE_ATTR")
# What comes before the store of an augmented assignment: only that has a load to be torn from.
_SWAPS = ("SWAP", "ROT_")
# At these a switch to another thread may happen.
_SWITCHES = ("CALL", "JUMP_BACKWARD", "JUMP_ABSOLUTE", "RESUME", "FOR_ITER", "YIELD", "SEND", "PRECALL")


@pytest.fixture
def eager_switching():
    """Threads take turns as often as the interpreter lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def hammer(write) -> None:
    threads = [threading.Thread(target=lambda: [write() for _ in range(EVENTS)]) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("eager_switching")
def test_threads_lose_no_observation() -> None:
    """Eight threads observing into one series are all counted, and their sum is right."""
    monitor = PerformanceMonitor(registry=None)
    histogram = monitor.histogram("jobs_seconds", "Jobs.")
    hammer(lambda: histogram.observe(1.0))
    value = monitor.snapshot().series("jobs_seconds")[0].value

    assert (value.count, value.sum) == (THREADS * EVENTS, THREADS * EVENTS)


@pytest.mark.usefixtures("eager_switching")
def test_threads_lose_no_first_observation() -> None:
    """Nor are those lost that are the first of their length, when several threads make them at once."""
    monitor = PerformanceMonitor(registry=None)
    histogram = monitor.histogram("jobs_seconds", "Jobs.", ["kind"])
    values = [0.001 * 1.1**number for number in range(100)]
    for kind in range(50):
        series, together = histogram.labels(kind), threading.Barrier(THREADS)

        def observe(series=series, together=together):
            together.wait()
            for value in values:
                series.observe(value)

        threads = [threading.Thread(target=observe) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {THREADS * len(values)} == {one.value.count for one in monitor.snapshot().series("jobs_seconds")}


@pytest.mark.usefixtures("eager_switching")
def test_threads_lose_no_increment() -> None:
    """Eight threads going up and down on one gauge leave it where it was."""
    monitor = PerformanceMonitor(registry=None)
    gauge = monitor.gauge("level", "Level.")
    hammer(lambda: (gauge.inc(2.0), gauge.dec(2.0)))

    assert monitor.snapshot().series("level")[0].value == 0.0


def marked_functions():
    slots = [0.0] * 1000
    return [
        records.observer(slots, Grid(DEFAULT_BUCKETS)),
        records.finisher(slots, Grid(DEFAULT_BUCKETS), slots),
        records.keeper(slots, Grid(DEFAULT_BUCKETS), slots),
        records.raise_pending,
        records.adder(slots),
        workflows.join,
        Series.add,
        GaugeSeries.add,
        TimedSeries.observe,
        workflows.entering(slots, ContextVar("run", default=None), float),
        workflows.StepRecorder._leave,
        Exchange.begin,
        Exchange.drop,
    ]


@pytest.mark.skipif(atomic.FREE_THREADED, reason="a free-threaded build writes under locks")
@pytest.mark.parametrize("function", marked_functions(), ids=lambda function: function.__qualname__)
def test_no_switch_between_load_and_store(function) -> None:
    """From the load of a slot to its store this interpreter cannot switch threads."""
    names = [instruction.opname for instruction in dis.get_instructions(function)]
    stores = [
        place for place, name in enumerate(names) if name in _STORES and names[place - 1].startswith(_SWAPS)
    ]

    assert stores
    for store in stores:
        load = max(place for place in range(store) if names[place].startswith(("DUP_TOP_TWO", "COPY")))
        between = names[load:store]
        assert [name for name in between if name.startswith(_SWITCHES)] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_fork_while_another_thread_makes_a_series() -> None:
    """A child forked while a thread of its parent holds a lock can still count under new labels."""
    monitor = PerformanceMonitor(registry=None)
    counter = monitor.counter("jobs", "Jobs.", ["kind"])
    inside, leave = threading.Event(), threading.Event()

    class Slow:
        def __str__(self):
            inside.set()
            leave.wait()
            return "slow"

    def hold():
        with monitor._store.registry.lock:
            str(Slow())

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        signal.alarm(10)
        counter.labels("new").inc()
        os._exit(0)
    leave.set()
    thread.join()

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_locked_functions_are_re_entrant() -> None:
    """Where writes are under a lock, a finaliser that records inside one does not hang."""
    lock = atomic.Lock()
    inner = atomic.under(lock, lambda: "inner")
    outer = atomic.under(lock, lambda: inner())

    assert outer() == "inner"
