"""Exemplars: the events that stand for the buckets of a series, and how long each of them does."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exemplars import Trace, Traced, traces
from support.readings import FakeClock, lost, value

from mcp_perf import PerformanceMonitor, catalogue
from mcp_perf.registry import exemplars
from mcp_perf.registry.exemplar import Exemplar, newest


@pytest.fixture
def call(monitor, clock):
    return Traced(monitor, clock)


def shown(monitor):
    """The exemplars of the calls."""
    return [one for series in monitor.snapshot().series("calls") for one in series.exemplars]


def test_event_stands_for_its_bucket(monitor, clock, call) -> None:
    """An exemplar says the trace and the span in hexadecimal digits, what was measured, and when."""
    call.series.observe(0.3)
    call.series.exemplify(0.3, 0.0, Trace(0xABC, 0x12))

    labels = ("trace_id", "00000000000000000000000000000abc"), ("span_id", "0000000000000012")
    assert [Exemplar(labels, 0.3, clock.now)] == shown(monitor)


def test_each_bucket_has_one_of_its_own(monitor, call) -> None:
    """What is rare stands beside what is frequent: also what is above all bounds, and on one of them."""
    for trace, seconds in enumerate([99.0, 0.3, 0.007, 0.005], 1):
        call(seconds, trace)

    assert [4, 3, 2, 1] == traces(monitor)
    call(0.02, 5)
    assert [4, 3, 5, 2, 1] == traces(monitor)


def test_newer_one_takes_its_place_once_a_second(monitor, clock, call) -> None:
    """Of many events in one bucket the first of each second is kept, and the last one stays."""
    for trace in range(1, 12):
        call(0.3, trace)
        clock.advance(0.25)
    assert [9] == traces(monitor)
    clock.advance(10_000)
    assert [9] == traces(monitor)


def test_span_context_of_opentelemetry(monitor, call) -> None:
    """What OpenTelemetry has of a span is a trace."""
    trace = pytest.importorskip("opentelemetry.trace")
    call.series.exemplify(0.3, 0.0, trace.SpanContext(0xABC, 0x12, is_remote=False))
    call.series.exemplify(3.0, 0.0, trace.INVALID_SPAN_CONTEXT)

    assert [0xABC] == traces(monitor)


def test_trace_is_asked_for_its_numbers_only_when_it_is_kept(call) -> None:
    """What need not be read of a trace is not."""

    class Costly:
        reads = 0

        @property
        def trace_id(self):
            self.reads += 1
            return 1

        span_id = 1

    trace, series = Costly(), call.series
    series.exemplify(0.3, 0.0, trace)
    first = trace.reads
    series.exemplify(0.3, 0.9, trace)

    assert 0 < first == trace.reads


def test_event_without_a_trace_is_none(monitor, call) -> None:
    """A trace of the number zero, which is how there is none, stands for nothing and takes nobody's turn."""
    call(0.3, 0)
    call(0.3, 1)

    assert [1] == traces(monitor)


@pytest.mark.parametrize("trace", [None, Trace("x"), Trace(1, None)])
def test_what_is_no_trace_is_a_fault_of_ours(monitor, call, trace) -> None:
    """A trace without numbers raises nothing in the request; the fault is counted, the event as ever."""
    call.series.observe(0.3)
    call.series.exemplify(0.3, 0.0, trace)

    assert 1 == lost(monitor)
    assert [] == traces(monitor)


def test_series_without_exemplars_shares_all_it_needs(monitor) -> None:
    """Nothing is made for a series before it has an exemplar."""
    family = monitor.family(catalogue.CALLS)

    assert family.labels("a", "success").exemplars is family.labels("b", "success").exemplars


def test_counter_has_one(monitor, clock) -> None:
    """A counter's events stand for it, one a second."""
    series = monitor.family(catalogue.HTTP_EXCEPTIONS).labels("GET", "/", "KeyError")
    for trace in (1, 2):
        series.add(1.0)
        series.exemplify(1.0, 0.5 * trace, Trace(trace))
    (found,) = monitor.snapshot().series(catalogue.HTTP_EXCEPTIONS.key)

    assert [1.0] == [one.value for one in found.exemplars]


def test_removed_series_leaves_with_its_exemplars(monitor, clock, call) -> None:
    """A series that comes again after it was removed has none of those before; the old one takes no more."""
    call(0.3, 1)
    old = call.series
    monitor.family(catalogue.CALLS).remove(("work", "success"))
    old.exemplify(0.3, clock.clock.monotonic() + 5, Trace(2))
    assert [] == traces(monitor)
    call(3.0, 3)

    assert [3] == traces(monitor)


def test_idle_series_leaves_with_its_exemplars(clock) -> None:
    """So it is with a series that was idle for too long."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, retention=60)
    call = Traced(monitor, clock)
    call(0.3, 1)
    monitor.snapshot()
    clock.advance(60)
    monitor.snapshot()
    call(3.0, 2)

    assert [2] == traces(monitor)


def test_overflow_has_exemplars_too(clock) -> None:
    """What found no place of its own stands for all that did not."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, max_series=1)
    for number, name in enumerate("abc", 1):
        Traced(monitor, clock, name)(0.3, number)

    assert ([1], [2]) == (traces(monitor, "a"), traces(monitor, "_overflow"))


def test_child_has_none_of_its_parent(monitor, clock, call) -> None:
    """A forked process begins without exemplars of its own; it and its parent show those of both."""
    call(0.3, 1)
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        own = [one.exemplars for one in monitor._store.registry.read()]
        call(3.0, 2)
        os._exit(0 if (not any(own), traces(monitor)) == (True, [1, 2]) else 1)

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert [1, 2] == traces(monitor)
    monitor.family(catalogue.CALLS).remove(("work", "success"))
    call(0.03, 3)
    assert [3] == traces(monitor)


def test_oldest_give_way_to_new_ones(monkeypatch, monitor, clock) -> None:
    """There are so many at most; a new one takes the place of the oldest, if that has stood for a minute."""
    monkeypatch.setattr(exemplars, "MOST", 3)
    calls = {name: Traced(monitor, clock, name) for name in "abcde"}
    for trace, name in enumerate("abc", 1):
        calls[name](0.3, trace)
        clock.advance(20)
    calls["a"](0.3, 4)
    calls["d"](0.3, 5)
    assert ([4], [2], [3], []) == tuple(traces(monitor, name) for name in "abcd")
    clock.advance(21)
    calls["d"](0.3, 6)
    calls["e"](0.3, 7)
    assert ([4], [], [3], [6], []) == tuple(traces(monitor, name) for name in "abcde")
    monitor.family(catalogue.CALLS).clear()
    for trace, name in enumerate("abc", 11):
        calls[name](0.3, trace)
    assert ([11], [12], [13]) == tuple(traces(monitor, name) for name in "abc")


def test_who_would_have_to_wait_goes_on(monitor, call) -> None:
    """While somebody else changes the registry, an event is not held up, and is kept thereafter."""
    series, done = call.series, threading.Event()
    lock = monitor._store.registry.lock
    with lock:
        thread = threading.Thread(target=lambda: (series.exemplify(0.3, 0.0, Trace(1)), done.set()))
        thread.start()
        assert done.wait(20)
        thread.join()
        series.exemplify(30.0, 0.0, Trace(2))  # as a finaliser does, in the midst of it
    assert [1, 2] == traces(monitor)


def test_events_that_are_put_off_are_few(monitor, call) -> None:
    """However long somebody holds the registry, the newest are put off only."""
    series = call.series
    with monitor._store.registry.lock:
        for trace in range(1, 1000):
            series.exemplify(0.3, float(trace), Trace(trace))
    assert [999] == traces(monitor)


def test_gauge_has_none(monitor) -> None:
    """A gauge has no events."""
    with pytest.raises(TypeError, match="no exemplars"):
        monitor.family(catalogue.ACTIVE_WORKFLOWS).labels("w").exemplify(1.0, 0.0, Trace(1))


BOUNDS = (0.1, 1.0, 10.0)
EVENTS = st.lists(
    st.tuples(st.sampled_from([0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 50.0]), st.floats(0, 3), st.integers(1, 9))
)


@given(EVENTS)
def test_model(events) -> None:
    """Whatever comes, each bucket shows what was first due in it, and is newest."""
    clock = FakeClock()
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, buckets=BOUNDS)
    call = Traced(monitor, clock)
    model, due = {}, {}
    for seconds, pause, trace in events:
        call(seconds, trace)
        bucket = sum(seconds > bound for bound in BOUNDS)
        if clock.now >= due.get(bucket, 0.0):
            model[bucket], due[bucket] = trace, clock.now + exemplars.PERIOD
        clock.advance(pause)

    assert [model[bucket] for bucket in sorted(model)] == traces(monitor)
    assert len(events) == (value(monitor, "mcp_calls_total", name="work", status="success") or 0)


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(0, 99))))
def test_newest_of_several(events) -> None:
    """Of those of several processes each bucket has the newest."""
    several = [Exemplar((), seconds, float(stamp)) for seconds, stamp in events]
    found = newest(BOUNDS, several)
    buckets = [sum(one.value > bound for bound in BOUNDS) for one in found]

    assert sorted(set(buckets)) == buckets
    assert {sum(one.value > bound for bound in BOUNDS) for one in several} == set(buckets)
    for bucket, one in zip(buckets, found, strict=True):
        same = [other for other in several if sum(other.value > bound for bound in BOUNDS) == bucket]
        assert one in several
        assert max(other.timestamp for other in same) == one.timestamp
