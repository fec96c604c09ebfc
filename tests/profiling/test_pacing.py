"""When looks are due."""

from __future__ import annotations

import gc
import sys
import threading

import pytest

from mcp_perf import PerformanceMonitor
from mcp_perf.profiling import gc_pause
from mcp_perf.profiling.gc_pause import without_gc
from mcp_perf.profiling.looks import Looker
from mcp_perf.profiling.pacing import Pacing
from mcp_perf.profiling.turns import _LONG as LONG
from mcp_perf.profiling.turns import _SHORT as SHORT
from mcp_perf.profiling.turns import Length, Turns


def run(pacing, seconds, spent, late=0.0):
    """The moments of looks in so many seconds, each of which takes `spent` and is `late`."""
    found = []
    while pacing.due < seconds:
        found.append(pacing.due + late)
        pacing.looked(found[-1], spent)
    return found


def test_no_drift() -> None:
    """They come at the rate that was asked for, but for those that are too late."""
    assert 990 <= len(run(Pacing(0.0, 0.01, 0.02), 10.0, 0.0)) <= 1001
    assert 900 <= len(run(Pacing(0.0, 0.01, 0.02), 10.0, 0.0, late=0.004))


def test_a_late_one_is_left_out() -> None:
    """A look that comes too late is not made up for by two at once."""
    pacing = Pacing(0.0, 0.01, 0.02)
    pacing.looked(0.055, 0.0)
    assert 0.055 <= pacing.due <= 0.07
    pacing.looked(pacing.due, 0.0)
    assert 0.055 <= pacing.due <= 0.08


def test_at_any_moment() -> None:
    """Looks come at any moment of their interval, so that they see all of what comes as often as they do."""
    moments = [10 * moment % 1 for moment in run(Pacing(0.0, 0.1, 0.02), 100.0, 0.0)]
    counts = [sum(part <= 4 * moment < part + 1 for moment in moments) for part in range(4)]
    assert 990 <= len(moments) <= 1001
    assert all(150 < count < 350 for count in counts)


@pytest.mark.parametrize("spent", [0.0001, 0.001, 0.05])
def test_share(spent) -> None:
    """Looks never take more than their share, however long each takes."""
    looks = len(run(Pacing(0.0, 0.01, 0.02), 100.0, spent))
    assert looks * spent <= 0.02 * 100.0 + 2 * spent
    assert looks >= 0.6 * min(10_000, 2 / spent)


def test_turns_are_short_meanwhile() -> None:
    """While somebody looks, threads have short turns, longer ones where several work; then as before."""
    before = sys.getswitchinterval()
    with Turns() as turns:
        alone = sys.getswitchinterval()
        turns.fit(3, 0.0)
        several = sys.getswitchinterval()
    assert alone < several < before
    assert before == pytest.approx(sys.getswitchinterval())


def test_turns_of_somebody_else() -> None:
    """What somebody else has set meanwhile stays, and a child has turns as before."""
    before = sys.getswitchinterval()
    try:
        with Turns():
            sys.setswitchinterval(0.003)
        assert 0.003 == pytest.approx(sys.getswitchinterval())
        with Turns() as turns:
            turns.forked()
            assert 0.003 == pytest.approx(sys.getswitchinterval())
    finally:
        sys.setswitchinterval(before)


def test_turns_that_somebody_sets_and_keeps() -> None:
    """What is set while somebody looks is not taken back, however many threads work afterwards."""
    before = sys.getswitchinterval()
    try:
        with Turns() as turns:
            sys.setswitchinterval(0.02)
            turns.fit(3, 0.0)
            assert 0.02 == pytest.approx(sys.getswitchinterval())
        assert 0.02 == pytest.approx(sys.getswitchinterval())
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("is_first_out", [True, False])
@pytest.mark.parametrize("busy", [(1, 1), (3, 1), (1, 3), (3, 3)])
def test_turns_of_two_at_once(is_first_out, busy) -> None:
    """Whoever of two that look at once ends first, turns are as before after both."""
    before = sys.getswitchinterval()
    one, other = Turns(), Turns()
    one.__enter__()
    other.__enter__()
    one.fit(busy[0], 0.0)
    other.fit(busy[1], 0.0)
    for each in (one, other) if is_first_out else (other, one):
        each.__exit__()
    assert before == pytest.approx(sys.getswitchinterval())


def test_turns_go_on_after_those_of_another_profile() -> None:
    """A profile that is under way when another monitor's ends has short turns until its own end."""
    before = sys.getswitchinterval()
    one, other = Turns(), Turns()
    one.__enter__()
    with other:
        one.__exit__()
        other.fit(1, 0.0)
        assert sys.getswitchinterval() < before
    assert before == pytest.approx(sys.getswitchinterval())


def test_collector() -> None:
    """The collector of garbage is as it was after a look, whoever has turned it off."""
    for set_to in (gc.enable, gc.disable):
        try:
            set_to()
            before = gc.isenabled()
            with without_gc:
                assert gc.isenabled() == (before and sys.version_info[:2] != (3, 11))
            assert before == gc.isenabled()
            with without_gc:
                without_gc.forked()
                assert before == gc.isenabled()
        finally:
            gc.enable()


def test_looks_of_two_monitors(monkeypatch) -> None:
    """While one monitor looks, the end of another's look does not have the collector on again."""
    monkeypatch.setattr(gc_pause, "_IS_NEEDED", True)
    found, ended = [], threading.Event()

    def keep(frames):
        found.append(gc.isenabled())
        ended.wait(0.05)  # as long as another one might take
        found.append(gc.isenabled())

    lookers = [Looker(PerformanceMonitor(registry=None).slow_requests.visits, keep) for _ in range(2)]
    threads = [threading.Thread(target=one.threads, args=(1.0,)) for one in lookers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {False} == set(found)
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ({SHORT: 0.0002, LONG: 0.05}, {SHORT}),  # an event loop that calls the system all the time
        ({SHORT: 0.01, LONG: 0.0005}, {LONG}),  # calls into C that keep the interpreter
    ],
)
def test_length_of_turns(costs, expected) -> None:
    """Turns are of that length with which looks cost less, and the other one is hardly ever tried."""
    length, found, spent = Length(), [], dict.fromkeys(costs, 0.0)
    for _ in range(1000):
        found.append(length.now)
        spent[length.now] += costs[length.now]
        length.cost(costs[length.now])
    assert expected == set(found[-5:])
    (best,) = expected
    assert found.count(best) > 0.9 * len(found)
    assert sum(spent.values()) < 1.2 * spent[best] + max(costs.values())


def test_turns_where_it_changes() -> None:
    """Where what an application does changes, so does the length of turns."""
    length = Length()
    for costs in ({SHORT: 0.01, LONG: 0.0005}, {SHORT: 0.0002, LONG: 0.05}, {SHORT: 0.01, LONG: 0.0005}):
        for _ in range(1000):
            length.cost(costs[length.now])
        assert min(costs, key=costs.get) == length.now
