"""Exemplars of several workers: whoever is asked shows the newest of all, also of those who are no more."""

from __future__ import annotations

import os
import resource
import threading

import pytest
from support.children import in_child
from support.exemplars import Traced, traces
from support.readings import FakeClock, value
from support.workers import Worker

from mcp_perf import PerformanceMonitor, catalogue
from mcp_perf.registry import exemplars
from mcp_perf.registry.exemplar import Exemplar
from mcp_perf.workers.files import archive, cells, draft, index


@pytest.fixture
def service(worker):
    """``service(n)``: n siblings as pairs of a monitor and a call, all on one clock."""
    clock = FakeClock()

    def make(number, **settings):
        monitors = [worker(clock=clock.clock, **settings) for _ in range(number)]
        return clock, [(one, Traced(one, clock)) for one in monitors]

    return make


def die(monitor):
    """What the system does when a process dies."""
    monitor._store.team.forked()
    monitor._store.registry.forked()


def labelled(monitor, name, **labels):
    """The labels of the exemplars of a series, in the order of its buckets."""
    for one in monitor.snapshot().series(name):
        if one.labels == tuple(labels.values()):
            return [dict(exemplar.labels) for exemplar in one.exemplars]
    return []


def test_each_shows_the_newest_of_all(service) -> None:
    """Of each bucket it is the newest of any worker, whichever is asked."""
    clock, [(first, call), (second, other)] = service(2)
    call(0.3, 1)
    call(3.0, 2)
    clock.advance(1)
    other(0.4, 3)
    other(0.01, 4)

    assert [4, 3, 2] == traces(first) == traces(second)
    clock.advance(1)
    call(0.3, 5)
    assert [4, 5, 2] == traces(first) == traces(second)


def test_workers_with_other_buckets(worker) -> None:
    """Where a newer version has other buckets, each exemplar is where its value is now."""
    clock = FakeClock()
    old = worker(clock=clock.clock, buckets=[1, 10])
    clock.advance(1)
    new = worker(clock=clock.clock, buckets=[2, 5])
    calls = Traced(old, clock), Traced(new, clock)
    for trace, seconds in enumerate([0.5, 4.0, 20.0], 1):
        calls[0](seconds, trace)
    clock.advance(1)
    calls[1](1.5, 4)

    assert [4, 2, 3] == traces(new) == traces(old)


def test_dead_worker_leaves_its_exemplars(service) -> None:
    """A worker that has died is shown on, before it is folded and after; one that comes has them, too."""
    clock, [(first, call), (second, other)] = service(2)
    other(0.3, 1)
    other(3.0, 2)
    clock.advance(1)
    call(0.4, 3)
    die(second)
    for _ in range(3):
        assert [3, 2] == traces(first)
    ((third, another),) = service(1)[1]
    clock.advance(1)
    another(3.5, 4)

    assert [3, 4] == traces(third) == traces(first)


def test_archive_keeps_the_newest_of_the_dead(monkeypatch, service) -> None:
    """However many workers have died, the archive has so many of their exemplars."""
    monkeypatch.setattr(draft, "_EXEMPLARS", 3)
    clock, [(first, _), *others] = service(3)
    trace = 0
    for monitor, call in others:
        for seconds in (0.003, 0.03, 0.3):
            clock.advance(2)
            trace += 1
            call(seconds * trace, trace)
        die(monitor)
        first.snapshot()

    assert [4, 5, 6] == traces(first)


def test_killed_process(tmp_path) -> None:
    """What a real process has kept is there while it lives and after it was killed."""
    directory = tmp_path / "workers"
    monitor = PerformanceMonitor(registry=None, worker_dir=directory)
    for number in range(3):
        with Worker(directory) as other:
            other.use(exemplars={"took": [[0.3, {"trace_id": f"{number}"}], [7.0, {"n": f"{number}"}]]})
            expected = [{"trace_id": f"{number}"}, {"n": f"{number}"}]
            assert expected == labelled(monitor, "took", kind="took")
        assert expected == labelled(monitor, "took", kind="took")
        assert 2.0 * (number + 1) == value(monitor, "took_count", kind="took")


def test_removed_series_leaves_all_workers(service) -> None:
    """What any worker had when a series was removed is gone everywhere; what comes next is shown at once."""
    clock, [(first, call), (second, other)] = service(2)
    call(0.3, 1)
    other(3.0, 2)
    clock.advance(1)
    first.family(catalogue.CALLS).remove(("work", "success"))
    assert [] == traces(first)
    other(0.03, 3)  # who does not know of it yet
    assert [3] == traces(first) == traces(second)
    other(3.0, 4)
    assert [3, 4] == traces(first) == traces(second)


def test_worker_that_is_never_asked(service) -> None:
    """A series that was idle comes back with its exemplars, also where its worker never learns of it."""
    clock, [(first, _), (_, other)] = service(2, retention=60)
    other(0.3, 1)
    first.snapshot()
    clock.advance(60)
    first.snapshot()
    assert [] == traces(first)
    for trace in (2, 3):
        clock.advance(1)
        other(3.0, trace)
        assert [trace] == traces(first)


def test_removed_series_of_the_dead(service) -> None:
    """What the dead have left of a series goes with it."""
    _, [(first, call), (second, other)] = service(2)
    other(0.3, 1)
    die(second)
    first.snapshot()
    first.family(catalogue.CALLS).remove(("work", "success"))
    assert [] == traces(first)
    call(3.0, 2)

    assert [2] == traces(first)


def test_series_that_was_counted_before_there_were_siblings(tmp_path) -> None:
    """What a process has kept before it had files is seen by others afterwards."""
    clock = FakeClock()
    directory = tmp_path / "workers"
    first = PerformanceMonitor(registry=None, worker_dir=directory, clock=clock.clock)
    call = Traced(first, clock)
    call(0.3, 1)
    first.snapshot()
    for path in (directory / "mcp").iterdir():
        path.unlink()
    first.snapshot()
    second = PerformanceMonitor(registry=None, worker_dir=directory, clock=clock.clock)

    assert [1] == traces(second)


def test_labels_of_any_length(worker) -> None:
    """Short labels and the longest ones take each other's place, in whatever letters."""
    first, second = worker(), worker()
    counter = first.counter("jobs", "Jobs.", ["kind"]).labels("a")
    for labels in ({"a": "1"}, {"a": "😀" * 127}, {"b": '"\\' * 60}, {"trace_id": "f" * 32}, {"a": "é"}):
        counter.inc(exemplar=labels)
        assert [labels] == labelled(second, "jobs_total", kind="a")


def test_oldest_that_gave_way_is_gone_for_siblings(monkeypatch, service) -> None:
    """An exemplar whose place another one has taken is shown by nobody, and its cell is used again."""
    monkeypatch.setattr(exemplars, "MOST", 1)
    clock, [(first, call), (second, _)] = service(2)
    for trace, seconds in enumerate([0.3, 3.0, 0.03], 1):
        call(seconds, trace)
        clock.advance(61)
        assert [trace] == traces(second) == traces(first)


def test_exemplars_outlast_a_new_index(monkeypatch, service) -> None:
    """A worker that replaces its index says in the new one where the exemplars are."""
    monkeypatch.setattr(index, "_LONG", 500)
    clock, [(first, call), (second, _)] = service(2)
    call(0.3, 1)
    family = first.family(catalogue.CALLS)
    for number in range(30):
        family.labels(f"{number}", "success").observe(1.0)
        family.remove((f"{number}", "success"))
    clock.advance(10)
    (path,) = [
        one for one in first._store.team._pages.member.path.glob("*.index") if one.stat().st_size > 1000
    ]
    before = path.stat().st_ino
    first.snapshot()

    assert before != path.stat().st_ino
    assert [1] == traces(second)
    call(0.3, 2)
    assert [2] == traces(second)


EXEMPLAR = Exemplar((("trace_id", "f" * 32), ("span_id", "0" * 16)), 0.3, 1e9)


def test_cell_is_read_as_it_was_written() -> None:
    """A trace and its span take one step of the slot file."""
    cell = cells.written(7, 3, EXEMPLAR).ljust(128, b"\0")

    assert 128 == len(cell)
    assert EXEMPLAR == cells.read(cell, 7, 3)
    assert None is cells.read(cell, 7, 4)
    assert None is cells.read(cell, 8, 3)


def test_torn_cell_is_none() -> None:
    """A cell of which some was written, at any byte, reads as no exemplar; nor does what is cut short."""
    before = cells.written(7, 3, EXEMPLAR).ljust(128, b"\0")
    after = cells.written(7, 3, EXEMPLAR._replace(value=0.4, timestamp=2e9)).ljust(128, b"\0")
    for length in range(129):
        found = cells.read(after[:length] + before[length:], 7, 3)
        assert found in (None, cells.read(before, 7, 3), cells.read(after, 7, 3))
        assert cells.read(after[:length], 7, 3) in (None, cells.read(after, 7, 3))
    assert None is cells.read(bytes(128), 7, 3)
    assert None is cells.read(os.urandom(128), 7, 3)


def test_what_was_seen_stays_while_it_is_written_over(service) -> None:
    """Where a worker is seen in the midst of writing, its last exemplar is shown, as if nothing had begun."""
    clock, [(first, call), (second, _)] = service(2)
    call(0.3, 1)
    assert [1] == traces(second)
    [places] = first._store.team._pages.member._cells._places.values()
    [place] = places.values()
    memory = memoryview(place.slots).cast("B")
    memory[40] ^= 1
    assert [1] == traces(second) == traces(first)
    clock.advance(1)
    call(0.3, 2)
    assert [2] == traces(second)


def test_reader_beside_a_writer(tmp_path) -> None:
    """Whoever reads while a process writes exemplars of many lengths sees each of them whole."""
    directory = tmp_path / "workers"
    monitor = PerformanceMonitor(registry=None, worker_dir=directory)
    events = [[0.3, {"n": f"{number}", "text": f"{number % 10}" * (number % 100)}] for number in range(5000)]
    seen = set()
    with Worker(directory) as other:
        thread = threading.Thread(target=lambda: other.use(exemplars={"took": events}))
        thread.start()
        while thread.is_alive():
            for labels in labelled(monitor, "took", kind="took"):
                assert labels == events[int(labels["n"])][1]
                seen.add(int(labels["n"]))
        thread.join()
        assert [events[-1][1]] == labelled(monitor, "took", kind="took")

    assert len(seen) > 1


def test_no_room_for_exemplars(tmp_path) -> None:
    """Where files cannot grow, requests go on and the process shows its own exemplars."""

    def limited():
        clock = FakeClock()
        monitor = PerformanceMonitor(registry=None, worker_dir=tmp_path / "workers", clock=clock.clock)
        calls = [Traced(monitor, clock, f"{number}") for number in range(50)]
        for call in calls:
            call(0.3, 1)
        monitor.snapshot()
        size = max(path.stat().st_size for path in (tmp_path / "workers" / "mcp").glob("*.index"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        for call in calls:
            call(3.0, 2)
        assert [1, 2] == traces(monitor, "7")
        assert value(monitor, "mcp_monitor_storage_errors_total", operation="write") >= 1

    in_child(limited)


def test_archive_without_exemplars_is_read(tmp_path) -> None:
    """What a version has written that knew of no exemplars is an archive like any other."""
    content = {"folded": [], "void": [], "baselines": [], "resets": [], "forgotten": 0, "families": []}

    assert archive.Archive(generation=3) == archive._content(content, b"", 3)
