"""The history: what has come, step by step, bounded, and going on where somebody else has stopped."""

from __future__ import annotations

import errno
import random
from dataclasses import replace
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.past import Past
from support.readings import FakeClock

from mcp_perf import PerformanceMonitor
from mcp_perf.history.recorder import Recorder
from mcp_perf.history.segments import MemoryStore
from mcp_perf.registry.snapshot import WorkerReading
from mcp_perf.resolutions import resolutions_of


def test_what_came_in_each_step(past) -> None:
    """Each frame has what came since the last: events of counters and histograms, and what gauges read."""
    past.jobs.labels("a").inc(2)
    past.waits.labels("a").observe(0.25)
    past.level.labels("north").set(7)
    past.step()
    past.jobs.labels("a").inc(3)
    past.jobs.labels("b").inc()
    past.step()
    past.step()

    first, second, third = past.frames()
    assert [5.0, 5.0, 5.0] == [frame.seconds for frame in (first, second, third)]
    assert {
        ("jobs_total", "a"): 5,
        ("jobs_total", "b"): 1,
        ("waits_seconds", "a"): 1,
        ("level", "north"): 7,
    } == past.window()
    assert {("jobs_total", "a"): 3, ("jobs_total", "b"): 1} == past.window(seconds=8)
    assert {} == past.window(seconds=2)


def test_distribution_of_a_step(past) -> None:
    """Of a histogram each frame has sum and counts, so that quantiles of a window are as exact as of all."""
    for seconds in (0.1, 0.2, 0.4):
        past.waits.labels("a").observe(seconds)
    past.step()
    past.waits.labels("a").observe(3)
    past.step()

    (family,) = [one for one in past.frames(seconds=2)[0].change if one.description.key == "waits_seconds"]
    amount = family.amounts[("a",)]
    assert (1.0, 3.0) == (amount.events, sum(amount.sums))
    grid = family.description.grid
    assert grid.slot(3) == amount.start
    assert [1.0] == list(amount.counts)


def test_reset(past) -> None:
    """A series that was removed and made anew has all that it reads come, as for Prometheus."""
    past.jobs.labels("a").inc(5)
    past.step()
    past.jobs.remove("a")
    past.step()
    past.jobs.labels("a").inc(2)
    past.step()
    past.jobs.remove("a")
    past.jobs.labels("a").inc()
    past.step()

    assert [5, None, 2, 1] == [amount(frame, "jobs_total", "a") for frame in past.frames()]


def amount(frame, key, *labels):
    (found,) = [one.amounts.get(labels) for one in frame.change if one.description.key == key] or [None]
    return found


def test_coarser_steps(past) -> None:
    """A coarser resolution has the same in longer steps."""
    for number in range(13):
        past.jobs.labels("a").inc(number)
        past.step()

    fine, coarse = past.frames(0), past.frames(1)
    assert sum(range(13)) == past.window(0)["jobs_total", "a"]
    assert [15.0] * (len(coarse) - 1) == [frame.seconds for frame in coarse[1:]]
    upto = coarse[-1].ended
    expected = sum(amount(frame, "jobs_total", "a") or 0 for frame in fine if frame.ended <= upto)
    assert expected == past.window(1)["jobs_total", "a"]


def test_another_goes_on(past) -> None:
    """Whoever takes over goes on with what has come since the last frame, and writes nothing twice."""
    past.jobs.labels("a").inc(2)
    past.waits.labels("a").observe(1)
    past.step()
    for number in range(40):
        past.jobs.labels("a").inc()
        past.waits.labels("a").observe(number / 7)
        if number == 20:
            past.jobs.remove("a")
            past.jobs.labels("a").inc(100)
        if number % 3 == 0:
            past.recorder = past.another()
        past.step()

    per_frame = [amount(frame, "jobs_total", "a") for frame in past.frames()]
    assert [1] * 8 == per_frame[-8:]
    assert 8 == past.window(seconds=8 * 5)["waits_seconds", "a"]
    coarse = [amount(frame, "jobs_total", "a") for frame in past.frames(1)]
    assert [3] * 4 == coarse[-4:]


def test_first_sight_of_what_was_counted_before(past) -> None:
    """What was counted long before anybody kept history is nobody's step."""
    past.jobs.labels("a").inc(1000)
    past.clock.advance(3600)
    past.step()
    past.jobs.labels("a").inc()
    past.step()

    assert {("jobs_total", "a"): 1} == past.window()


@pytest.mark.parametrize("lost", range(1, 60, 7))
def test_torn_end(past, lost) -> None:
    """A frame that was cut off when its writer died comes with the next: nothing is lost, or there twice."""
    past.jobs.labels("a").inc(2)
    past.step()
    past.jobs.labels("a").inc(3)
    past.step()
    name = max(name for name in past.store.sizes() if name.startswith("frames-1-5-"))
    past.store.cut(name, past.store.sizes()[name] - lost)
    past.recorder = past.another()
    past.jobs.labels("a").inc(4)
    past.step()

    assert 9 == past.window()["jobs_total", "a"]
    assert 2 == len(past.frames())


@pytest.mark.parametrize("spoiled", [b"", b"\0" * 100, b"frames", b"\xff" * 3000])
def test_spoiled_segment(past, spoiled) -> None:
    """A segment that is garbage is thrown away, and history begins anew."""
    past.jobs.labels("a").inc(2)
    past.step()
    for name in past.store.sizes():
        past.store.cut(name, 0)
        past.store.append(name, spoiled, 0)
    past.recorder = past.another()
    past.clock.advance(60)
    past.step()
    past.jobs.labels("a").inc(5)
    past.step()

    assert {("jobs_total", "a"): 5} == past.window()


def test_full_disk(past, monkeypatch) -> None:
    """What finds no room comes with the next frame that does."""
    past.jobs.labels("a").inc(2)
    past.step()
    append = past.store.append

    def full(name, data, at):
        raise OSError(errno.ENOSPC, "full")

    for _ in range(3):
        monkeypatch.setattr(past.store, "append", full)
        past.jobs.labels("a").inc()
        with pytest.raises(OSError, match="full"):
            past.step()
    monkeypatch.setattr(past.store, "append", append)
    past.jobs.labels("a").inc()
    past.step()

    assert [2, 4] == [amount(frame, "jobs_total", "a") for frame in past.frames()]
    assert [5.0, 20.0] == [frame.seconds for frame in past.frames()]


def test_cpu_seconds_of_a_full_disk(past, monkeypatch) -> None:
    """What was spent while nothing could be written is in the next frame."""
    spent = iter([1.0, 3.0, 6.0])
    reading = past.monitor.snapshot

    def take(pace):
        worker = WorkerReading(1, past.clock.now, lambda pid: {"pid": pid, "cpu_seconds": next(spent)})
        return replace(reading(pace), workers=(worker,))

    monkeypatch.setattr(past.recorder, "_take", take)
    past.step()
    with monkeypatch.context() as patch:
        patch.setattr(past.store, "append", Mock(side_effect=OSError(errno.ENOSPC, "full")))
        with pytest.raises(OSError, match="full"):
            past.step()
    past.step()

    assert [5.0] == [frame.process["cpu_seconds"] for frame in past.frames()[1:]]


def test_what_is_old_goes(past) -> None:
    """No more is kept than the resolutions say, and an eighth of it."""
    for _ in range(400):
        past.jobs.labels("a").inc()
        past.step()

    for place, (step, span) in enumerate([(5, 300), (15, 1200)]):
        assert span / step <= len(past.frames(place)) <= span / step * 9 / 8 + 1


def test_no_more_than_so_many_bytes(clock) -> None:
    """However many series there are, history takes no more room than it may; the oldest goes first."""
    past = Past(clock, MemoryStore(), most_bytes=40_000)
    for number in range(100):
        for kind in range(100):
            past.jobs.labels(f"{kind}-{number // 10}").inc(kind + number)
        past.step()

    assert sum(past.store.sizes().values()) <= 60_000
    assert past.frames(0)[-1].ended == clock.now


def test_no_more_bytes_in_long_segments(clock) -> None:
    """That holds also where the steps of one resolution are kept for days."""
    past = Past(clock, MemoryStore(), "5s:1d", most_bytes=200_000)
    most = 0
    for number in range(400):
        for kind in range(100):
            past.jobs.labels(f"kind-{kind}").inc(random.random() * number)
        past.step()
        most = max(most, sum(past.store.sizes().values()))

    assert 100_000 < most < 230_000
    assert past.frames(0)[-1].ended == clock.now


@pytest.mark.parametrize(("gap", "seconds"), [(0, 7.0), (12, 19.0), (3600, 5.0)])
def test_workers_that_come_and_go(past, monkeypatch, gap, seconds) -> None:
    """Time goes on between workers that follow each other, but not while there were none for long."""
    past.jobs.labels("a").inc()
    past.step()
    past.clock.advance(gap)
    past.recorder = past.another()
    started_at, take = past.clock.now + 2, past.recorder._take
    monkeypatch.setattr(past.recorder, "_take", lambda pace: replace(take(pace), started_at=started_at))
    past.jobs.labels("a").inc()
    past.clock.advance(2)
    past.step()

    assert [5.0, seconds] == [frame.seconds for frame in past.frames()]
    assert 2 == past.window()["jobs_total", "a"]


def test_who_begins_and_is_gone_at_once(past) -> None:
    """What a new service has counted is there although its first worker was gone before the first step."""
    past.jobs.labels("a").inc(3)
    past.clock.advance(1)
    past.recorder.open()
    past.jobs.labels("a").inc(2)
    past.clock.advance(2)
    past.recorder = past.another()
    past.recorder.open()
    past.jobs.labels("a").inc()
    past.step()

    assert {("jobs_total", "a"): 6} == past.window()
    assert [8.0] == [frame.seconds for frame in past.frames()]


@pytest.mark.parametrize("leap", [-60, -2, 2, 3600])
def test_clock_that_is_set(past, leap) -> None:
    """A clock that is set makes no step longer or shorter; nothing is lost."""
    past.jobs.labels("a").inc()
    past.step()
    past.jobs.labels("a").inc()
    past.clock.set(leap)
    past.step()
    past.jobs.labels("a").inc()
    past.step()
    past.clock.advance(60)

    assert 3 == past.window()["jobs_total", "a"]
    assert [5.0, 5.0, 5.0] == [frame.seconds for frame in past.frames()]


def test_series_that_all_have_left(past) -> None:
    """A metric none of whose series is there any more has left, and comes back with all that it reads."""
    past.jobs.labels("a").inc(4)
    past.step()
    past.jobs.clear()
    past.recorder.step()
    past.recorder = past.another()
    past.jobs.labels("a").inc(6)
    past.step()

    assert 10 == past.window()["jobs_total", "a"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("inc"), st.sampled_from("ab"), st.integers(1, 9)),
        st.tuples(st.just("observe"), st.sampled_from("ab"), st.floats(0, 100)),
        st.tuples(st.just("remove"), st.sampled_from("ab")),
        st.tuples(st.just("sample")),
        st.tuples(st.just("another")),
        st.tuples(st.just("tear"), st.integers(1, 200)),
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens(steps) -> None:
    """All frames together have what `increase` would have seen at the samples, whoever has written them."""
    past = Past(FakeClock(), MemoryStore(), policy="5s:1h")
    model = Model()
    past.recorder.step()
    for doing, *what in steps:
        if doing == "inc":
            past.jobs.labels(what[0]).inc(what[1])
            model.inc(("jobs_total", what[0]), what[1])
        elif doing == "observe":
            past.waits.labels(what[0]).observe(what[1])
            model.inc(("waits_seconds", what[0]), 1)
        elif doing == "remove":
            past.jobs.remove(what[0])
            past.waits.remove(what[0])
            model.remove(what[0])
        elif doing == "sample":
            past.step()
            model.sample()
        elif doing == "another":
            past.recorder = past.another()
        elif doing == "tear":
            names = [name for name in past.store.sizes() if past.store.sizes()[name]]
            past.store.append(max(names), b"\x01" * what[0], past.store.sizes()[max(names)])
            past.recorder = past.another()
    past.step()
    model.sample()

    assert model.come == {key: number for key, number in past.window().items() if number}


class Model:
    """What `increase` would see."""

    def __init__(self):
        self.now, self.seen, self.come = {}, {}, {}

    def inc(self, key, number):
        self.now[key] = self.now.get(key, 0) + number

    def remove(self, kind):
        self.now.pop(("jobs_total", kind), None)
        self.now.pop(("waits_seconds", kind), None)

    def sample(self):
        for key, number in self.now.items():
            before = self.seen.get(key, 0)
            more = number - before if number >= before else number
            if more:
                self.come[key] = self.come.get(key, 0) + more
        self.seen = dict(self.now)


@pytest.mark.parametrize("odd", [float("inf"), float("-inf"), 1.7e308])
def test_odd_observation(past, odd) -> None:
    """An observation that no sum survives costs nobody their history."""
    for _ in range(4):
        past.waits.labels("a").observe(odd)
        past.jobs.labels("a").inc()
        past.step()
    past.recorder = past.another()
    past.waits.labels("a").observe(1)
    past.step()

    assert 4 == past.window()["jobs_total", "a"]
    assert 5 == past.window()["waits_seconds", "a"]


def test_segment_that_somebody_has_changed(past) -> None:
    """Who finds its segment otherwise than it has left it goes on from what is there."""
    past.jobs.labels("a").inc()
    past.step()
    past.jobs.labels("a").inc()
    other = past.another()
    past.clock.advance(5)
    other.step()
    past.jobs.labels("a").inc()
    with pytest.raises(OSError, match="somebody else has changed the history"):
        past.step()
    past.recorder = past.another()
    past.step()

    assert 3 == past.window()["jobs_total", "a"]


def test_clock_that_is_set_back_before_another_goes_on(past) -> None:
    """Whatever the clock says, who goes on does so from what was written last."""
    for _ in range(70):
        past.jobs.labels("a").inc()
        past.step()
    past.clock.set(-3600)
    for _ in range(10):
        past.jobs.labels("a").inc()
        past.step()
    past.recorder = past.another()
    past.jobs.labels("a").inc()
    past.step()

    assert 1 == amount(past.frames(seconds=2)[0], "jobs_total", "a")


def test_siblings_that_were_there_before(clock, tmp_path) -> None:
    """What siblings have counted before anybody kept history is nobody's step."""
    settings = {"registry": None, "worker_dir": tmp_path / "workers", "clock": clock.clock}
    old = PerformanceMonitor(**settings)
    old.counter("jobs", "Jobs.", ["kind"]).labels("a").inc(100_000)
    clock.advance(3600)
    new = PerformanceMonitor(**settings)
    new.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    recorder = Recorder(
        MemoryStore(), resolutions_of("history", "5s:10m"), new.snapshot, clock.now, clock.clock.monotonic
    )
    clock.advance(2)
    recorder.step()
    old.counter("jobs", "Jobs.", ["kind"]).labels("a").inc(3)
    clock.advance(5)
    recorder.step()

    (frame,) = list(recorder._fine.frames(0, clock.now))
    assert 3 == amount(frame, "jobs_total", "a")


def test_settings_of_before(past) -> None:
    """Segments of steps that nobody keeps any more go when they are old."""
    past.jobs.labels("a").inc()
    past.step()
    past.resolutions = resolutions_of("history", "10s:5m")
    past.recorder = past.another()
    for _ in range(40):
        past.step(10)
    assert {"10"} == {name.split("-")[2] for name in past.store.sizes()}


def test_time_that_nobody_was_there(past) -> None:
    """Where nobody was there for a while, that while is nobody's step."""
    past.jobs.labels("a").inc()
    past.step()
    past.clock.advance(3600)
    other = Past(past.clock, past.store)
    other.jobs.labels("a").inc()
    other.step()

    assert 5.0 == other.frames(seconds=2)[0].seconds
