"""Slow requests: which are kept, what is told of them, and to whom."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import shutil
import sys
import threading
import time
import weakref

import jsonschema
import pytest
from support.asgi_driver import AsgiServer, http_scope
from support.profiling import PATIENCE
from support.spans import Spans
from support.wsgi_driver import environment

from mcp_perf import PerformanceMonitor
from mcp_perf.access import networks
from mcp_perf.adapters import asgi, wsgi
from mcp_perf.endpoint import Endpoint, Request
from mcp_perf.profiling.slow import SlowRequest
from mcp_perf.profiling.slow.kept import Kept
from mcp_perf.profiling.slow.stacks import Stacks
from mcp_perf.profiling.slow.watcher import Watcher
from mcp_perf.settings import from_environment
from mcp_perf.summary import schema

HERE = {"profile": networks("127.0.0.1")}


@pytest.fixture(autouse=True)
def by_hand(monkeypatch):
    """Nobody watches but who is told to."""
    monkeypatch.setattr("mcp_perf.profiling.slow.slow_requests.begin", lambda watching: None)


def made(clock, **settings):
    return PerformanceMonitor(registry=None, clock=clock.clock, **{"slow_request_seconds": 1.0, **settings})


def served(monitor, clock, seconds, path="/a", meanwhile=lambda: None, **settings):
    """One request that takes so long, in the midst of which something is done."""

    def application(environ, start_response):
        clock.advance(0.9 * seconds)
        meanwhile()
        clock.advance(0.1 * seconds)
        start_response("200 OK", [])
        return [b""]

    options = {"route": lambda environ: environ["PATH_INFO"], **settings}
    wsgi.PerformanceMonitoringMiddleware(application, monitor, **options)(
        environment(path=path), lambda *_: None
    )


def summary(monitor, client="127.0.0.1", query="", path="/summary"):
    answer = Endpoint(monitor).answer(Request("GET", path, query, client=client))
    assert 200 == answer.status, answer.body
    return json.loads(answer.body)


def test_off() -> None:
    """Without the setting nothing is kept, and the summary says nothing of it."""
    monitor = PerformanceMonitor(registry=None)
    assert [] == monitor.slow_requests.read()
    assert "slow_requests" not in summary(monitor)["http"]


def test_those_that_are_slower(clock) -> None:
    """Those that took longer than the threshold are kept, the newest first, with what is known of them."""
    monitor = made(clock)
    begun = clock.now
    for seconds, path in ((0.5, "/quick"), (2.0, "/slow"), (1.0, "/just"), (3.0, "/slower")):
        served(monitor, clock, seconds, path)
    slower, slow = monitor.slow_requests.read()
    assert ("/slower", "/slow") == (slower.route, slow.route)
    assert ("GET", "200", os.getpid(), None) == (slow.method, slow.status, slow.pid, slow.trace_id)
    assert (2.0, begun + 0.5) == (pytest.approx(slow.seconds), pytest.approx(slow.started_at))


def test_the_newest_are_kept(clock) -> None:
    """No more are kept than the setting says."""
    monitor = made(clock, slow_requests_kept=3)
    for number in range(10):
        served(monitor, clock, 2.0, f"/{number}")
    assert ["/9", "/8", "/7"] == [one.route for one in monitor.slow_requests.read()]


def test_excluded_routes(clock) -> None:
    """A route that is not measured has no slow requests."""
    monitor = made(clock)
    served(monitor, clock, 2.0, "/health", exclude=["/he*"])
    served(monitor, clock, 2.0, "/a", exclude=["/b"], route=lambda _: "/b")
    assert [] == monitor.slow_requests.read()


def test_trace(clock) -> None:
    """What is traced has the id of its trace there, by which it is found among the traces."""
    spans = Spans()
    monitor = made(clock, tracer_provider=spans.provider)
    served(monitor, clock, 2.0)
    expected = [f"{span.context.trace_id:032x}" for span in spans.ended]
    assert 1 == len(expected)
    assert expected == [one.trace_id for one in monitor.slow_requests.read()]
    assert expected == [one["trace_id"] for one in summary(monitor)["http"]["slow_requests"]]


def test_a_clock_that_is_set_back(clock) -> None:
    """The newest are those that were kept last, whatever the clock said."""
    monitor = made(clock, slow_requests_kept=3)
    clock.set(86_400)
    for number in range(3):
        served(monitor, clock, 2.0, f"/{number}")
    assert 3 == len(monitor.slow_requests.read())
    clock.set(-86_400)
    for number in range(3, 5):
        served(monitor, clock, 2.0, f"/{number}")
    assert ["/4", "/3", "/2"] == [one.route for one in monitor.slow_requests.read()]


def test_no_room(clock, tmp_path, monkeypatch) -> None:
    """What cannot be kept costs nothing of what is kept."""
    monitor = made(clock, slow_requests_kept=2, worker_dir=tmp_path)
    for number in range(2):
        served(monitor, clock, 2.0, f"/{number}")
    assert ["/1", "/0"] == [one.route for one in monitor.slow_requests.read()]
    write = os.write

    def full(fd, data):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr("mcp_perf.history.segments.os.write", full)
    for number in range(2, 9):
        served(monitor, clock, 2.0, f"/{number}")
        assert ["/1", "/0"] == [one.route for one in monitor.slow_requests.read()]
    monkeypatch.setattr("mcp_perf.history.segments.os.write", write)
    served(monitor, clock, 2.0, "/9")
    assert "/9" == monitor.slow_requests.read()[0].route
    assert 2 == len(monitor.slow_requests.read())


def test_a_place_that_comes_late() -> None:
    """However many places a request was seen at before, that where it stays is told."""
    stacks = Stacks()
    for number in range(100):
        stacks.add([(f"walk {number}",)])
    for _ in range(300):
        stacks.add([("query",)])
    assert (0.75, ("query",)) == stacks.most()[0]


def test_a_trace_that_is_not_recorded(clock) -> None:
    """What nobody can look up has no id."""
    monitor = made(clock, tracer_provider=Spans().provider, trace_sample_rate=0.0)
    served(monitor, clock, 2.0)
    assert [None] == [one.trace_id for one in monitor.slow_requests.read()]


def watcher(monitor, clock):
    return Watcher(monitor.slow_requests.visits, 1.0, clock.clock.monotonic)


def in_thread(work):
    """Have it done while this thread is at one line, and not on its way out of `Thread.start`."""
    here, ident = sys._getframe(), threading.get_ident()
    over = threading.Lock()
    over.acquire()

    def done():
        while sys._current_frames()[ident] is not here:
            time.sleep(0)
        try:
            work()
        finally:
            over.release()

    thread = threading.Thread(target=done)
    thread.start() or over.acquire()
    thread.join()


def deliberate(look):
    look()


def test_stacks(clock) -> None:
    """What a slow request was at when it was looked at is told, by lines, with its share of the looks."""
    monitor = made(clock)
    one = watcher(monitor, clock)

    def meanwhile():
        for _ in range(3):
            deliberate(lambda: in_thread(one.look))
        in_thread(one.look)

    served(monitor, clock, 2.0, meanwhile=meanwhile)
    (found,) = monitor.slow_requests.read()
    (most, lines), (least, others) = found.stacks
    assert (4, 0.75, 0.25) == (found.looks, most, least)
    assert lines[0].startswith("served.<locals>.application (" if "<locals>" in lines[0] else "application (")
    assert [True, False] == [any("deliberate (" in line for line in some) for some in (lines, others)]
    assert all("test_slow.py:" in line for line in lines[:2])


def test_young_requests_are_not_looked_at(clock) -> None:
    """Before half of the threshold nobody looks."""
    monitor = made(clock)
    one = watcher(monitor, clock)
    found = []

    def meanwhile():
        in_thread(one.look)
        found.extend(visit.looks for visit in monitor.slow_requests.visits.in_flight.values())

    served(monitor, clock, 0.5, meanwhile=meanwhile)
    served(monitor, clock, 0.6, meanwhile=meanwhile)
    assert [True, False] == [looks is None for looks in found]


def test_a_coroutine_that_waits(clock) -> None:
    """Of an asynchronous application it is what its tasks wait for."""
    monitor = made(clock)
    one = watcher(monitor, clock)

    async def application(scope, receive, send):
        clock.advance(2.0)
        asyncio.get_running_loop().call_soon(in_thread, one.look)
        await query()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def query():
        await asyncio.sleep(0.01)

    measured = asgi.PerformanceMonitoringMiddleware(application, monitor)
    asyncio.run(AsgiServer(http_scope(path="/a")).run(measured))
    (found,) = monitor.slow_requests.read()
    ((share, lines),) = found.stacks
    functions = [line.split(" (")[0].rpartition(".")[2] for line in lines]
    assert (1.0, ["application", "query", "sleep"]) == (share, functions)


async def query():
    await asyncio.sleep(60)


def at_once(monitor, clock, slow, others, looks):
    """So many slow requests, which do nothing but `query`, are looked at among other tasks."""
    one = watcher(monitor, clock)

    async def application(scope, receive, send):
        await query()

    async def main():
        measured = asgi.PerformanceMonitoringMiddleware(application, monitor)
        tasks = [asyncio.create_task(AsgiServer(http_scope(path="/a")).run(measured)) for _ in range(slow)]
        tasks += [asyncio.create_task(asyncio.sleep(60)) for _ in range(others)]
        await asyncio.sleep(0)
        clock.advance(2.0)
        for _ in range(looks):
            in_thread(one.look)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    return monitor.slow_requests.read()


def test_among_thousands_of_tasks(clock) -> None:
    """A slow request among thousands of tasks is seen in each look."""
    (found,) = at_once(made(clock), clock, slow=1, others=5000, looks=4)
    ((share, lines),) = found.stacks
    assert (4, 1.0) == (found.looks, share)
    assert any("query (" in line for line in lines)


def test_a_look_at_others(clock) -> None:
    """Of very many slow requests each counts those looks only in which it was looked at itself."""
    found = at_once(made(clock, slow_requests_kept=200), clock, slow=200, others=1000, looks=3)
    assert {1.0} == {share for one in found for share, _ in one.stacks}
    assert [bool(one.looks) for one in found] == [bool(one.stacks) for one in found]
    assert 0 < sum(one.looks for one in found) < 3 * len(found)


def test_stacks_are_bounded() -> None:
    """However many places a request is in, the most frequent few are told."""
    stacks = Stacks()
    for number in range(1000):
        stacks.add([("often",), (f"{number}",)])
    assert (1000, 3, (1.0, ("often",))) == (stacks.looks, len(stacks.most()), stacks.most()[0])


def test_nothing_in_flight_is_left(clock) -> None:
    """Whoever has ended, or is not to be measured after all, is not looked at any more."""
    monitor = made(clock)
    served(monitor, clock, 0.1)
    served(monitor, clock, 2.0)
    answers = wsgi.instrument(lambda *_: [b""], monitor=monitor)
    answers(environment(path="/metrics"), lambda *_: None)
    wsgi.PerformanceMonitoringMiddleware(wsgi.metrics_app(monitor), monitor)(
        environment(path="/metrics"), lambda *_: None
    )
    assert {} == monitor.slow_requests.visits.in_flight


def test_summary(clock) -> None:
    """The summary has them as its schema says; stacks are for who may have a profile."""
    monitor = made(clock, access=HERE)
    one = watcher(monitor, clock)
    served(monitor, clock, 2.0, meanwhile=lambda: in_thread(one.look))
    for client, sees in (("127.0.0.1", True), ("10.0.0.1", False)):
        for path in ("/summary", "/dashboard/data"):
            found = summary(monitor, client, path=path)
            found = found.get("summary", found)
            jsonschema.Draft202012Validator(schema()).validate(found)
            (slow,) = found["http"]["slow_requests"]
            assert ("/a", "200", pytest.approx(2.0)) == (
                slow["route"],
                slow["status"],
                slow["duration_seconds"],
            )
            assert sees == (slow["stacks"] is not None)
    assert "application" in json.dumps(summary(monitor)["http"]["slow_requests"])


def test_no_stacks_without_a_rule(clock) -> None:
    """Where profiles are not enabled nobody is shown a stack, whoever may read all pages."""
    for access in (None, networks("127.0.0.1")):
        monitor = made(clock, access=access)
        served(monitor, clock, 2.0)
        (slow,) = summary(monitor)["http"]["slow_requests"]
        assert slow["stacks"] is None


def test_top_and_window(clock) -> None:
    """`top` shortens the list and says by how many; a window has those that have ended in it."""
    monitor = made(clock)
    for number in range(3):
        served(monitor, clock, 2.0, f"/{number}")
        clock.advance(60)
    shortened = summary(monitor, query="top=1")["http"]
    assert (["/2"], 2) == (
        [one["route"] for one in shortened["slow_requests"]],
        shortened["slow_requests_omitted"],
    )
    found = summary(monitor, query="window=130")["http"]["slow_requests"]
    assert ["/2", "/1"] == [one["route"] for one in found]


def entry(number, pid=1):
    return SlowRequest("GET", f"/{number}", "200", 1.0, 1000.0 + number, None, pid, 3, ((1.0, ("a (b:1)",)),))


def test_workers_share_them(tmp_path) -> None:
    """Each worker reads those of all; the newest of all are kept, also of a worker that has died."""
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        one, other = (Kept(lambda: directory, 4, time.time) for _ in range(2))
        one.add([entry(1, 1), entry(5, 1)])
        other.add([entry(number, 2) for number in (2, 3, 4)])
        del one
        assert ["/5", "/4", "/3", "/2"] == [found.route for found in other.read()]
        assert entry(5, 1) == other.read()[0]
        assert 4 == len(list(tmp_path.joinpath("slow").iterdir()))
    finally:
        os.close(directory)


def test_who_was_alone(tmp_path) -> None:
    """What a process has kept before it knew of others is there for them, too."""
    known = []
    kept = Kept(lambda: known[0] if known else None, 4, time.time)
    kept.add([entry(1)])
    known.append(os.open(tmp_path, os.O_RDONLY))
    try:
        kept.add([entry(2)])
        assert ["/2", "/1"] == [found.route for found in Kept(lambda: known[0], 4, time.time).read()]
    finally:
        os.close(known[0])


def test_a_directory_that_is_removed(clock, tmp_path) -> None:
    """What was slow while there is no directory is in the next one, with what was slow since."""
    monitor = made(clock, worker_dir=tmp_path / "workers")
    served(monitor, clock, 2.0, "/before")
    assert ["/before"] == [one.route for one in monitor.slow_requests.read()]
    shutil.rmtree(tmp_path / "workers")
    for number in range(2):
        served(monitor, clock, 2.0, f"/{number}")
        assert f"/{number}" == monitor.slow_requests.read()[0].route
    monitor.snapshot()
    served(monitor, clock, 2.0, "/after")
    expected = ["/after", "/1", "/0"]
    assert expected == [one.route for one in monitor.slow_requests.read()]
    assert 3 == len(list(tmp_path.glob("workers/*/slow/*")))


def test_what_nobody_can_read(tmp_path) -> None:
    """A file that was cut off, or is of another version, is left out."""
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        kept = Kept(lambda: directory, 4, time.time)
        kept.add([entry(1), entry(2)])
        first, second = sorted(tmp_path.joinpath("slow").iterdir())
        first.write_bytes(first.read_bytes()[:-3])
        (second.parent / "99999999999999999-1-1").write_bytes(b"odd")
        assert ["/2"] == [found.route for found in kept.read()]
    finally:
        os.close(directory)


def test_fork(clock) -> None:
    """A child begins with none in flight; its parent's are not its own."""
    monitor = made(clock)
    served(monitor, clock, 2.0)
    slow = monitor.slow_requests
    slow.visits.forked()
    slow.forked()
    assert ([], {}) == (slow.read(), slow.visits.in_flight)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"slow_request_seconds": 0}, "^slow_request_seconds must be a positive number of seconds"),
        ({"slow_request_seconds": "1"}, "not '1'$"),
        ({"slow_request_seconds": True}, "not True$"),
        ({"slow_requests_kept": 0}, "^slow_requests_kept must be a whole number from 1 to 200, not 0$"),
        ({"slow_requests_kept": 201}, "not 201$"),
    ],
)
def test_wrong_settings(settings, message) -> None:
    """A wrong setting is refused at once."""
    with pytest.raises(ValueError, match=message):
        PerformanceMonitor(**settings)


def test_environment() -> None:
    """The environment sets the threshold; empty is not set."""
    name = "MCP_PERF_SLOW_REQUEST_SECONDS"
    assert {"slow_request_seconds": 0.5} == from_environment({name: "0.5"})
    assert {} == from_environment({name: ""})
    for wrong in ("0", "x", "nan", "-1"):
        with pytest.raises(ValueError, match=f"^{name} must be a positive number of seconds, not '{wrong}'$"):
            from_environment({name: wrong})


def test_the_watcher_lets_go(monkeypatch) -> None:
    """Requests are watched by a thread of their own, which ends with the monitor."""
    monkeypatch.undo()
    monitor = PerformanceMonitor(registry=None, slow_request_seconds=0.1)
    there, go = threading.Event(), threading.Event()

    def application(environ, start_response):
        there.set()
        assert go.wait(PATIENCE)
        start_response("200 OK", [])
        return [b""]

    measured = wsgi.PerformanceMonitoringMiddleware(application, monitor)
    serving = threading.Thread(target=measured, args=(environment(), lambda *_: None))
    serving.start()
    assert there.wait(PATIENCE)
    (visit,) = monitor.slow_requests.visits.in_flight.values()
    for _ in range(1000):
        if visit.looks is not None and visit.looks.looks > 2:
            break
        threading.Event().wait(0.01)
    go.set()
    serving.join()
    (found,) = monitor.slow_requests.read()
    assert found.looks > 2
    assert any("application" in line for _, lines in found.stacks for line in lines)
    (thread,) = [one for one in threading.enumerate() if one.name == "mcp_perf slow requests"]
    gone = weakref.ref(monitor)
    del monitor, measured, serving, visit
    gc.collect()
    assert gone() is None
    thread.join(PATIENCE)
    assert not thread.is_alive()
