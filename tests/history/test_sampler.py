"""Who keeps history, and when: one of the workers, from when it measures."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import pytest
from support.asgi_driver import http_scope, serve
from support.readings import value

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters import asgi
from mcp_perf.endpoint import Endpoint, Request

pytestmark = pytest.mark.usefixtures("history_begins")


async def answer(scope, receive, send):
    """An ASGI application."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


@pytest.fixture
def threads():
    """Gives the threads that keep history, but for those of monitors of other tests."""
    before = set(threading.enumerate())
    return lambda: [
        one for one in threading.enumerate() if one.name == "mcp_perf history" and one not in before
    ]


@pytest.fixture
def no_threads(monkeypatch):
    """Nothing is sampled but when a test has it sampled."""
    monkeypatch.setattr("mcp_perf.history.sampler.start", lambda *_, **__: None)


def until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ask(app):
    serve(app, http_scope("/"))


def test_it_begins_with_the_first_request(threads) -> None:
    """An application keeps history from its first request on, and its thread goes when its monitor does."""
    monitor = PerformanceMonitor(registry=None)
    app = asgi.PerformanceMonitoringMiddleware(answer, monitor=monitor)
    assert [] == threads()
    ask(app)
    assert 1 == len(threads())
    ask(app)
    assert 1 == len(threads())
    gone = weakref.ref(monitor)
    del app, monitor
    until(lambda: gc.collect() >= 0 and gone() is None)  # its thread may be at something just now
    until(lambda: not threads())


def test_what_needs_none(threads) -> None:
    """Neither a script that measures itself nor who has switched it off has a thread."""
    monitor = PerformanceMonitor(registry=None)
    monitor.counter("jobs", "Jobs.").inc()
    monitor.render()
    off = PerformanceMonitor(registry=None, history="off")
    ask(asgi.PerformanceMonitoringMiddleware(answer, monitor=off))
    disabled = PerformanceMonitor(registry=None, enabled=False)
    ask(asgi.PerformanceMonitoringMiddleware(answer, monitor=disabled))

    assert [] == threads()


def test_steps_are_those_of_the_clock(clock) -> None:
    """Steps end when the clock says a multiple of them; one that takes long has others come later."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock)
    clock.now = 1_000_003.5
    assert 1.5 == monitor._sampler.pause(0.0)
    clock.now = 1_000_005.0
    assert 5.0 == monitor._sampler.pause(0.0)
    # No more than a fiftieth of the time: 0.3 s of work need 15 s.
    assert 15.0 <= monitor._sampler.pause(0.3) <= 20.0


def test_one_of_several_writes(tmp_path) -> None:
    """Of several workers one writes what all have measured, and another goes on when that one is gone."""
    made = [
        PerformanceMonitor(registry=None, worker_dir=tmp_path / "workers", history="1s:1m") for _ in range(3)
    ]
    for number, monitor in enumerate(made):
        monitor.counter("jobs", "Jobs.").inc(number + 1)

    def step():
        for monitor in made:
            monitor._sampler.sample()

    def come():
        window = made[-1].history.window(120, time.time() + 60)
        return sum(sum(one.amounts.values()) for one in window.change if one.description.key == "jobs_total")

    step()
    assert 6 == come()
    made[0].counter("jobs", "Jobs.").inc(10)
    del monitor
    made.pop(0)
    gc.collect()
    step()
    assert 16 == come()


def test_a_fault_is_told_once_and_harms_nobody(tmp_path, caplog) -> None:
    """What cannot be written is counted and told once; everything else goes on."""
    monitor = PerformanceMonitor(registry=None, worker_dir=tmp_path / "workers", history="1s:1m")
    monitor.counter("jobs", "Jobs.").inc()
    monitor.render()
    (home,) = (tmp_path / "workers").iterdir()
    (home / "history").write_text("in the way")
    for _ in range(3):
        monitor._sampler.sample()

    assert 1 == caplog.text.count("in 'history'")
    assert 3.0 == value(monitor, "mcp_monitor_storage_errors_total", operation="history")
    assert 503 == Endpoint(monitor).answer(Request("GET", "/summary", query="window=60")).status
    assert 200 == Endpoint(monitor).answer(Request("GET", "/summary")).status


def test_a_child_begins_anew() -> None:
    """A child keeps history of its own from its first request on, whatever its parent had."""
    code = """
import os, threading, asyncio, sys
sys.path.insert(0, "support")
from mcp_perf import PerformanceMonitor
from mcp_perf.adapters import asgi

async def answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})

def ask():
    async def send(message): pass
    async def receive(): return {"type": "http.request", "body": b"", "more_body": False}
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(app(scope, receive, send))

def threads():
    return sum(thread.name == "mcp_perf history" for thread in threading.enumerate())

monitor = PerformanceMonitor(registry=None)
app = asgi.PerformanceMonitoringMiddleware(answer, monitor=monitor)
ask()
assert threads() == 1
pid = os.fork()
if pid == 0:
    before = threads()
    ask()
    os._exit(10 * before + threads())
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
print("fine")
"""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert "fine\n" == found.stdout, found.stderr


@pytest.mark.parametrize("age", [0, 12])
def test_who_was_alone_and_has_children(age) -> None:
    """A process that was alone and forks has all that was ever counted in its history once, young or old."""
    code = """
import os, sys, time
age, offset = float(sys.argv[1]), 0.0
from mcp_perf import PerformanceMonitor
from mcp_perf.timing import Clock
from mcp_perf.summary import summarise

monitor = PerformanceMonitor(
    registry=None,
    history="1s:1m",
    clock=Clock(wall=lambda: time.time() + offset, monotonic=lambda: time.monotonic() + offset),
)
jobs = monitor.counter("jobs", "Jobs.")
jobs.inc()
while not monitor.history._home.store().sizes():  # its thread may be at it
    monitor._sampler.open()
jobs.inc(9)
offset += 1
monitor._sampler.sample()
offset += age
jobs.inc(90)
children = []
for _ in range(2):
    pid = os.fork()
    if not pid:
        jobs.inc(1000)
        monitor.history
        monitor._sampler.sample()
        time.sleep(0.2)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
offset += 2
come, patience = 0, time.monotonic() + 10
while come < 2100 and time.monotonic() < patience:  # its thread may be at a step just now
    monitor._sampler.sample()
    window = monitor.history.window(50, time.time() + offset + 1)
    jobs = [one for one in window.change if one.description.key == "jobs_total"]
    come = sum(sum(one.amounts.values()) for one in jobs)
print(come)
"""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(age)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "2100.0\n" == found.stdout, found.stderr


@pytest.mark.usefixtures("no_threads")
def test_fork_in_the_midst_of_a_step() -> None:
    """A process that forks while a step of its history is written leaves that history to its children too."""
    monitor = PerformanceMonitor(registry=None, history="1s:1m")
    jobs = monitor.counter("jobs", "Jobs.")
    jobs.inc()
    assert monitor.history is not None
    sampler, at_it, forking = monitor._sampler, threading.Event(), threading.Event()
    take = sampler._take

    def slowly(pace):
        at_it.set()
        forking.wait(60)
        return take(pace)

    sampler._take = slowly
    stepping = threading.Thread(target=sampler.sample)
    stepping.start()
    at_it.wait(60)
    reading, writing = os.pipe()
    threading.Timer(0.05, forking.set).start()
    pid = os.fork()
    if not pid:
        try:
            jobs.inc()
            os.write(writing, b"%d" % sum(come(monitor)))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    stepping.join()
    assert b"1" == os.read(reading, 9)


@pytest.mark.usefixtures("no_threads")
def test_leader_that_is_killed(tmp_path) -> None:
    """The history of a worker that is killed goes on in another one, with all that it has counted."""
    directory = tmp_path / "workers"
    monitor = PerformanceMonitor(registry=None, worker_dir=directory, history="1s:1m")
    jobs = monitor.counter("jobs", "Jobs.")
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            other = PerformanceMonitor(registry=None, worker_dir=directory, history="1s:1m")
            other.counter("jobs", "Jobs.").inc(5)
            other._sampler.sample()
            other.counter("jobs", "Jobs.").inc(7)
            os.write(writing, b"x")
            threading.Event().wait(60)
        finally:
            os._exit(1)
    assert b"x" == os.read(reading, 1)
    jobs.inc(1)
    monitor._sampler.sample()
    assert [5] == come(monitor), "the other one leads"
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    monitor._sampler.sample()
    assert [5, 8] == come(monitor)


def come(monitor):
    history = monitor.history
    frames = history._tracks(history.resolutions[0])[0].frames(0, time.time() + 60)
    return [
        sum(sum(one.amounts.values()) for one in frame.change if one.description.key == "jobs_total")
        for frame in frames
    ]


@pytest.mark.usefixtures("no_threads")
def test_threads_that_do_not_run(tmp_path, clock) -> None:
    """Where threads do not run unless somebody is served, who asks for history has it written, by turns."""
    settings = {"registry": None, "worker_dir": tmp_path / "workers", "clock": clock.clock}
    made = [PerformanceMonitor(**settings) for _ in range(2)]
    found = []
    for monitor in (*made, *made):
        assert monitor.history is not None
        monitor.counter("jobs", "Jobs.").inc()
        clock.advance(30)
        window = monitor.history.window(600, clock.now)
        come = [one for one in window.change if one.description.key == "jobs_total"]
        found.append((window.ended, sum(sum(one.amounts.values()) for one in come)))
    # What was there when somebody looked first is nobody's step.
    assert [(None, 0), (1_000_060.0, 1), (1_000_090.0, 2), (1_000_120.0, 3)] == found
