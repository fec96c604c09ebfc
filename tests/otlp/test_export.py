"""Exports: they begin when something is measured, harm nobody when they fail, and tell all at the end."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from unittest.mock import Mock

import pytest
from support.otlp import Receiver
from support.readings import value

from mcp_perf import PerformanceMonitor
from mcp_perf.history.segments import FileStore


@pytest.fixture
def threads():
    """Gives the threads that push, but for those of other tests."""
    before = set(threading.enumerate())
    return lambda: [one for one in threading.enumerate() if one.name == "mcp_perf otlp" and one not in before]


def until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def run(code, *arguments):
    """What a Python prints that runs `code`, which has a receiver that prints what it is told of jobs."""
    begin = """
import os, sys, threading, time
from mcp_perf import PerformanceMonitor
from opentelemetry.sdk.metrics.export import MetricExportResult

class Receiver:
    def export(self, data, timeout_millis=0, **_):
        for scope in data.resource_metrics[0].scope_metrics:
            for metric in scope.metrics:
                if metric.name == "jobs_total":
                    line = f"{os.getpid() == first} {sum(one.value for one in metric.data.data_points)}"
                    print(line, flush=True)
        return MetricExportResult.SUCCESS

first = os.getpid()
monitor = PerformanceMonitor(registry=None)
export = monitor.export_otlp(exporter=Receiver(), interval=3600, temporality="delta", timeout=5)
jobs = monitor.counter("jobs", "Jobs.")
"""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", begin + code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "" == found.stderr
    return found.stdout.splitlines()


def test_it_begins_with_what_is_measured(threads) -> None:
    """There is a thread from the first series on, and none any more when the monitor is gone."""
    monitor = PerformanceMonitor(registry=None)
    monitor.export_otlp(exporter=Receiver())
    assert [] == threads()
    jobs = monitor.counter("jobs", "Jobs.", ["queue"])
    for queue in "abc":
        jobs.labels(queue).inc()
    assert 1 == len(threads())
    gone = weakref.ref(monitor)
    del monitor, jobs
    until(lambda: gc.collect() >= 0 and gone() is None)
    until(lambda: not threads())


def test_it_begins_at_once_where_something_was_measured_before(threads) -> None:
    """Who has measured before begins to push at once."""
    monitor = PerformanceMonitor(registry=None)
    monitor.counter("jobs", "Jobs.").inc()
    monitor.export_otlp(exporter=Receiver())
    assert 1 == len(threads())


def test_it_pushes_by_itself() -> None:
    """Something comes every interval, without anybody asking for it."""
    receiver = Receiver()
    monitor = PerformanceMonitor(registry=None)
    monitor.export_otlp(exporter=receiver, interval=0.01)
    jobs = monitor.counter("jobs", "Jobs.")
    jobs.inc(5)
    until(lambda: receiver.points("jobs_total") and receiver.last("jobs_total").number == 5)
    jobs.inc(2)
    until(lambda: receiver.last("jobs_total").number == 7)


def test_faults_are_counted_and_logged_once_an_outage(pushed, caplog) -> None:
    """A receiver that is away is told of once, and once that it is back; each push that failed is counted."""
    one = pushed()
    one.monitor.counter("jobs", "Jobs.").inc()
    for is_away in (True, True, True, False, False):
        one.receiver.is_away = is_away
        one.push()

    assert 1 == caplog.text.count("could not push its metrics (otlp)")
    assert 1 == caplog.text.count("pushes its metrics again (otlp)")
    assert 3.0 == value(one.monitor, "mcp_monitor_export_errors_total", exporter="otlp")


def test_exporter_that_raises(pushed, caplog) -> None:
    """An exporter that raises, whatever it is, raises into nobody."""
    one = pushed()
    one.monitor.counter("jobs", "Jobs.").inc()
    one.receiver.export = None
    assert not one.push()
    one.export.shutdown()
    assert "TypeError" in caplog.text


def test_place_that_cannot_be_had(clock, tmp_path) -> None:
    """Where nobody can say whose turn it is nothing is pushed, which is counted and harms nobody."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, worker_dir=tmp_path / "workers")
    receiver = Receiver()
    export = monitor.export_otlp(exporter=receiver)
    monitor.counter("jobs", "Jobs.").inc()
    (home,) = (tmp_path / "workers").iterdir()
    (home / f"{export.options.name()}-0").write_text("in the way")
    assert not export.flush()

    assert 0 == receiver.attempts
    assert 1.0 == value(monitor, "mcp_monitor_export_errors_total", exporter="otlp")


@pytest.mark.parametrize(("temporality", "pushes"), [("cumulative", 2), ("delta", 1)])
def test_full_disk(temporality, pushes, clock, tmp_path, monkeypatch) -> None:
    """Where the account finds no room deltas wait, for they might come twice; all else is pushed on."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, worker_dir=tmp_path / "workers")
    receiver = Receiver()
    export = monitor.export_otlp(exporter=receiver, temporality=temporality)
    jobs = monitor.counter("jobs", "Jobs.")
    jobs.inc()
    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "append", Mock(side_effect=OSError("full")))
        assert not export.flush()
    jobs.inc()
    clock.advance(60)
    assert export.flush()

    assert (pushes, 2.0) == (len(receiver.points("jobs_total")), receiver.last("jobs_total").number)
    assert 1.0 == value(monitor, "mcp_monitor_export_errors_total", exporter="otlp")


def test_exit_tells_the_rest() -> None:
    """What was counted last is pushed when the process ends, however long it has measured."""
    assert ["True 5.0"] == run("jobs.inc(5)")
    assert ["True 5.0", "True 2.0"] == run("jobs.inc(5); export.flush(); jobs.inc(2)")
    assert ["True 5.0"] == run("jobs.inc(5); export.shutdown(); jobs.inc(2); export.shutdown()")


def test_exit_does_not_wait_for_a_receiver_that_hangs() -> None:
    """A receiver that does not answer keeps no process longer than the timeout."""
    code = """
import time
Receiver.export = lambda *_, **__: time.sleep(3600)
export = monitor.export_otlp(exporter=Receiver(), names="opentelemetry", timeout=0.5)
begun = time.monotonic()
import atexit
atexit.register(lambda: None)
jobs.inc()
threading.Thread(target=export.flush, daemon=True).start()
time.sleep(0.1)
export.shutdown()
print(time.monotonic() - begun < 3, flush=True)
os._exit(0)
"""
    assert ["True"] == run(code)


def test_exit_under_gevent() -> None:
    """What is pushed at exit waits for no thread in which gevent looks names up: none begins then."""
    code = """
from types import ModuleType, SimpleNamespace
hub = SimpleNamespace(resolver="in threads")
for name in ("gevent", "gevent.monkey", "gevent.resolver", "gevent.resolver.blocking"):
    sys.modules[name] = ModuleType(name)
sys.modules["gevent"].get_hub = lambda: hub
sys.modules["gevent.resolver.blocking"].Resolver = lambda of: "without" if of is hub else None
told = Receiver.export

def telling(*arguments, **more):
    print(hub.resolver, flush=True)
    return told(*arguments, **more)

Receiver.export = telling
jobs.inc(5)
export.flush()
jobs.inc(2)
"""
    assert ["in threads", "True 5.0", "without", "True 2.0"] == list(dict.fromkeys(run(code)))


def test_child_pushes_by_itself_and_the_parent_too() -> None:
    """A process and its child are one service: what both have counted is told once, by one or the other."""
    code = """
jobs.inc(5)
if sys.argv[1] == "early":
    export.flush()
if os.fork() == 0:
    jobs.inc(7)
    sys.exit()
os.wait()
jobs.inc(1)
"""
    for when in ("early", "late"):
        lines = run(code, when)
        assert 13.0 == sum(float(line.split()[1]) for line in lines), (when, lines)


def test_child_of_who_has_shut_down() -> None:
    """Parent and child that export anew, after the parent has shut down, go on from what it has told."""
    code = """
def again():
    return monitor.export_otlp(exporter=Receiver(), interval=3600, temporality="delta", timeout=5)

jobs.inc(5)
export.shutdown()
if os.fork() == 0:
    again()
    jobs.inc(7)
    sys.exit()
os.wait()
jobs.inc(1)
again()
"""
    assert ["True 5.0", "False 7.0", "True 1.0"] == run(code)


def test_child_that_outlives_its_parent() -> None:
    """A child goes on where its parent has stopped."""
    code = """
jobs.inc(5)
export.flush()
reading, writing = os.pipe()
if os.fork() == 0:
    os.close(writing)
    os.read(reading, 1)
    jobs.inc(7)
    print(threading.active_count(), flush=True)
    sys.exit()
os.close(reading)
export.shutdown()
os._exit(0)
"""
    assert ["True 5.0", "2", "False 7.0"] == run(code)


def test_requests_are_not_traced(pushed) -> None:
    """A push is no request of the application's: who traces HTTP clients is asked to look away."""
    from opentelemetry import context

    one = pushed()
    export, seen = one.receiver.export, []

    def look(data, **more):
        seen.append(context.get_value("suppress_instrumentation"))
        return export(data, **more)

    one.receiver.export = look
    assert one.push()
    assert [True] == seen
    assert None is context.get_value("suppress_instrumentation")
