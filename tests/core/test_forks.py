"""A fork in one process's memory: the child begins from nothing, and counts rightly."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest
from support.readings import in_progress, requests, samples, value

from mcp_perf import PerformanceMonitor, monitor_call, monitor_workflow_step
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning"),
]


def in_child(do):
    """What `do` gives in a forked child, as JSON carries it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        signal.alarm(20)
        try:
            os.write(writing, json.dumps(do()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)


@pytest.fixture
def monitor():
    return PerformanceMonitor(registry=None)


def test_child_adds_to_its_parent(monitor) -> None:
    """Parent and child are siblings: each counts by itself, whoever is asked gives the sum of both."""
    jobs = monitor.counter("jobs", "Jobs.", ["kind"])
    kept = jobs.labels("kept")
    kept.inc(5)

    def child():
        kept.inc()
        jobs.labels("new").inc()
        return value(monitor, "jobs_total", kind="kept"), value(monitor, "jobs_total", kind="new")

    assert [6.0, 1.0] == in_child(child)
    assert {"kept": 6.0, "new": 1.0} == {
        dict(key)["kind"]: found for (_, key), found in samples(monitor, "jobs_total").items()
    }


def test_decorated_functions_count_in_the_child(monitor) -> None:
    """A function that was decorated and called in the parent counts on in the child."""
    call = monitor_call("job", monitor=monitor)(lambda: None)
    call()

    def child():
        call()
        return value(monitor, "mcp_calls_total", name="job", status="success")

    assert 2.0 == in_child(child)
    assert 2.0 == value(monitor, "mcp_calls_total", name="job", status="success")


def test_fork_inside_a_step_leaves_no_gauge_below_zero(monitor) -> None:
    """A step that was begun in the parent and ends in the child is one active run: the parent's."""

    def child_of(step):
        def child():
            step.__exit__(None, None, None)
            with monitor_workflow_step("order", "pay", monitor=monitor):
                during = value(monitor, "mcp_active_workflows", workflow="order")
            return during, value(monitor, "mcp_active_workflows", workflow="order")

        return child

    step = monitor_workflow_step("order", "pick", monitor=monitor)
    with step:
        assert [2.0, 1.0] == in_child(child_of(step))
        assert 1.0 == value(monitor, "mcp_active_workflows", workflow="order")
    assert 0.0 == value(monitor, "mcp_active_workflows", workflow="order")


def test_fork_inside_a_request_is_the_parents_request(monitor) -> None:
    """A request during which the application forks is counted once, by the parent, though it ends in both."""
    reading, writing = os.pipe()
    child = []

    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        child.append(os.fork())
        return [b"ok"]

    def found():
        return [requests(monitor).get(("GET", "<unmatched>", "200")), in_progress(monitor)]

    measured = PerformanceMonitoringMiddleware(app, monitor)
    list(measured({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None))
    if child[0] == 0:  # pragma: no cover - in the child
        os.write(writing, json.dumps(found()).encode())
        os._exit(0)
    os.waitpid(child[0], 0)

    found_by_child = json.loads(os.read(reading, 1000))
    assert found_by_child[0] in (None, 1.0)  # whether the parent was through
    assert [1.0, 0.0] == found()


def test_fork_while_another_thread_makes_series(monitor) -> None:
    """Children forked while threads create series and read can count and read at once."""
    jobs = monitor.counter("jobs", "Jobs.", ["kind"])
    over = threading.Event()

    def work():
        number = 0
        while not over.is_set():
            number += 1
            jobs.labels(number % 500).inc()
            if number % 100 == 0:
                monitor.snapshot()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()

    def child():
        jobs.labels("mine").inc()
        return value(monitor, "jobs_total", kind="mine")

    try:
        assert [float(number) for number in range(1, 21)] == [in_child(child) for _ in range(20)]
    finally:
        over.set()
        for thread in threads:
            thread.join()
