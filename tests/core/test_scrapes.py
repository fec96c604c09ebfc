"""A scrape cannot hurt the application: its event loop goes on, and there is one rendering at a time."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from support.readings import value

from mcp_perf import PerformanceMonitor, configure
from mcp_perf.access import bearer
from mcp_perf.adapters.asgi import metrics_app
from mcp_perf.endpoint import Endpoint, Request
from mcp_perf.endpoint.renderings import BusyError, Renderings
from mcp_perf.exposition.foreign import Foreign
from mcp_perf.pace import unpaced


class Slow:
    """A collector that waits until it is let go."""

    def __init__(self):
        self.asked = 0
        self.gate = threading.Event()

    def collect(self):
        self.asked += 1
        self.gate.wait(60)
        yield GaugeMetricFamily("slow", "Slow.", value=1)

    def describe(self):
        return []


def family_names(metrics):
    return [metric.name for metric in metrics]


def late(beside):
    """How late a loop that sleeps for a millisecond wakes while `beside` is awaited, in seconds, sorted."""
    found = []

    async def beat(over):
        while not over.is_set():
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            found.append(time.perf_counter() - before - 0.001)

    async def main():
        over = asyncio.Event()
        heart = asyncio.create_task(beat(over))
        await beside()
        over.set()
        await heart

    asyncio.run(main())
    return sorted(found)


@pytest.mark.long
def test_event_loop_goes_on_while_many_series_are_scraped() -> None:
    """Scrapes of 100,000 series keep a loop for much less than any thread that computes does."""
    monitor = PerformanceMonitor(registry=None, max_series=200_000)
    jobs = monitor.counter("jobs", "Jobs.", ["number"])
    handles = [jobs.labels(number) for number in range(100_000)]
    endpoint = Endpoint(monitor)
    assert 100_000 == endpoint.answer(Request("GET", "")).body.count(b"\njobs_total{")

    def compute(seconds):
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            sum(range(100))

    async def scrape():
        for number in range(4):
            await endpoint.answer_async(Request("GET", ""))
            for handle in handles[number::2000]:
                handle.inc()

    beside_scrapes = late(scrape)
    beside_computing = late(lambda: asyncio.to_thread(compute, 0.5))
    median = len(beside_scrapes) // 2
    assert beside_scrapes[median] < beside_computing[len(beside_computing) // 2] / 2


def test_those_who_ask_at_once_share_one_rendering() -> None:
    """Ten scrapes at once cost one, and all get the same answer."""
    slow = Slow()
    registry = CollectorRegistry()
    registry.register(slow)
    app = metrics_app(PerformanceMonitor(registry=registry))
    bodies = []

    async def ask():
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": []}
        await app(scope, None, send)
        bodies.append(b"".join(message.get("body", b"") for message in sent))

    async def main():
        asking = [asyncio.create_task(ask()) for _ in range(10)]
        while not slow.asked:
            await asyncio.sleep(0.001)
        slow.gate.set()
        await asyncio.gather(*asking)

    asyncio.run(main())
    assert 1 == slow.asked
    assert 10 == len(bodies)
    assert 1 == len(set(bodies))
    assert b"\nslow 1.0\n" in bodies[0]


def test_slow_reader_is_given_up(monkeypatch) -> None:
    """Who does not read what was asked for holds a rendering for a limited time only, in small parts."""
    monkeypatch.setattr("mcp_perf.endpoint.sendings._PATIENCE", 0.05)
    monitor = PerformanceMonitor(registry=None)
    jobs = monitor.counter("jobs", "Jobs.", ["number"])
    for number in range(1900):
        jobs.labels(f"{number:0200}").inc()
    sent = []

    async def send(message):
        sent.append(message)
        if len(sent) == 4:
            await asyncio.Event().wait()

    scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": []}
    asyncio.run(metrics_app(monitor)(scope, None, send))

    assert 4 == len(sent)
    assert sent[-1]["more_body"]
    assert max(len(message.get("body", b"")) for message in sent) < 200_000


def test_what_was_dropped_does_not_look_whole(monkeypatch) -> None:
    """Who is cut off before there is an answer is told the whole length, and that it is not there."""

    def dropped(_self, _key, work, _seconds):
        rendered = work()
        rendered.parts.drop()
        return rendered

    monkeypatch.setattr(Renderings, "wait", dropped)
    endpoint = Endpoint(PerformanceMonitor(registry=None))
    answer = endpoint.answer(Request("GET", ""))

    assert int(dict(answer.headers)["Content-Length"]) > 1000
    with pytest.raises(ConnectionResetError):
        list(endpoint.sent(answer))


def test_no_more_than_some_wait() -> None:
    """Whoever comes when too many wait already is told so at once."""
    renderings = Renderings(2, 2)
    gate, begun = threading.Event(), threading.Event()

    def work():
        begun.set()
        gate.wait(60)
        return "done"

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(renderings.wait("same", work, 60))) for _ in range(2)
    ]
    threads[0].start()
    begun.wait()
    threads[1].start()
    while renderings.waiting < 2:
        time.sleep(0.001)
    with pytest.raises(BusyError):
        renderings.wait("other", work, 60)
    gate.set()
    for thread in threads:
        thread.join()

    assert ["done", "done"] == found
    assert "again" == renderings.wait("same", lambda: "again", 60)


def test_no_more_than_some_are_rendered_at_once() -> None:
    """However many different things are asked for at once, few are worked on; the others have their turn."""
    renderings = Renderings(20, 2)
    lock, most, now = threading.Lock(), [], []

    def work():
        with lock:
            now.append(None)
            most.append(len(now))
        gate.wait(0.01)
        with lock:
            now.pop()
        return "done"

    gate = threading.Event()

    async def main():
        return await asyncio.gather(*(renderings.wait_async(number, work, 60) for number in range(20)))

    assert ["done"] * 20 == asyncio.run(main())
    assert 2 == max(most)


def test_hurry_is_of_who_is_in_a_hurry() -> None:
    """Who joins a rendering that waits for its turn has the time it says, not that of who asked first."""
    renderings = Renderings(20, 1)
    gate, begun = threading.Event(), threading.Event()

    def hold():
        begun.set()
        gate.wait(60)

    async def hurried():
        with pytest.raises(BusyError):
            await renderings.wait_async("same", lambda: "done", 0.05)
        gate.set()

    async def patient():
        return await renderings.wait_async("same", lambda: "done", 60)

    async def main():
        found = await asyncio.gather(hurried(), patient(), patient())
        return found[1:]

    holder = threading.Thread(target=renderings.wait, args=("other", hold, 60))
    holder.start()
    begun.wait()
    try:
        assert ["done", "done"] == asyncio.run(main())
    finally:
        gate.set()
        holder.join()


def test_nobody_waits_any_more() -> None:
    """What was asked for by somebody who has gone is not begun, and keeps nobody from being answered."""
    renderings = Renderings(3, 1)
    gate, begun, asked = threading.Event(), threading.Event(), []

    def hold():
        begun.set()
        gate.wait(60)

    async def main():
        for number in range(50):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(renderings.wait_async(number, lambda: asked.append(1), 60), 0.001)
        assert 1 == renderings.waiting
        gate.set()
        return await renderings.wait_async("last", lambda: "done", 60)

    before = threading.active_count()
    holder = threading.Thread(target=renderings.wait, args=("other", hold, 60))
    holder.start()
    begun.wait()
    try:
        assert "done" == asyncio.run(main())
    finally:
        gate.set()
        holder.join()
    deadline = time.monotonic() + 30
    while threading.active_count() > before:
        assert time.monotonic() < deadline
    assert [] == asked


def test_who_asks_for_one_format_in_other_words_shares_it() -> None:
    """Scrapers of several versions, whose headers lead to one format, cost one rendering."""
    slow = Slow()
    registry = CollectorRegistry()
    registry.register(slow)
    endpoint = Endpoint(PerformanceMonitor(registry=registry))
    headers = ["", "*/*", "text/plain", "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"]

    async def ask(accept):
        found = {"accept": accept}
        question = Request("GET", "", header=lambda name: found.get(name, ""))
        return (await endpoint.answer_async(question)).parts

    async def main():
        asking = [asyncio.create_task(ask(accept)) for accept in headers]
        while not slow.asked:
            await asyncio.sleep(0.001)
        slow.gate.set()
        return await asyncio.gather(*asking)

    found = asyncio.run(main())
    assert 1 == slow.asked
    assert all(found[0] == one for one in found)


def test_nobody_waits_for_ever() -> None:
    """A rendering that takes too long is given up by who waits, and shared by who comes later."""

    async def main():
        renderings = Renderings(10, 2)
        gate = threading.Event()

        def work():
            gate.wait(60)
            return "done"

        with pytest.raises(BusyError):
            await renderings.wait_async("same", work, 0.01)
        later = asyncio.create_task(renderings.wait_async("same", lambda: "never", 60))
        await asyncio.sleep(0)
        gate.set()
        assert "done" == await later

    asyncio.run(main())


def test_fault_reaches_all_who_wait() -> None:
    """What a rendering raises is raised to everybody, and the next one is done anew."""
    renderings = Renderings(10, 2)

    def work():
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        renderings.wait("same", work, 1)
    assert "well" == renderings.wait("same", lambda: "well", 1)


def test_no_thread_can_be_had(monkeypatch) -> None:
    """Where the system has no thread for it, a rendering fails for who asks now, and for nobody else."""
    renderings = Renderings(10, 2)

    def full(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", full)
        with pytest.raises(RuntimeError, match="new thread"):
            asyncio.run(renderings.wait_async("same", lambda: "never", 1))

    assert "well" == asyncio.run(renderings.wait_async("same", lambda: "well", 60))
    assert 0 == renderings.waiting


def test_what_is_told_is_what_the_rule_is_for(monkeypatch) -> None:
    """A default monitor that is replaced while its rule is asked is told by that rule, and no other one."""
    monkeypatch.setattr("mcp_perf.default._default._monitor", None)

    async def rule(_request):
        configure(registry=None, access=bearer("secret")).counter("hidden", "Hidden.").inc()
        return True

    configure(registry=None, access=rule).counter("open", "Open.").inc()
    answer = asyncio.run(Endpoint().answer_async(Request("GET", "")))

    assert b"open_total 1.0" in b"".join(answer.parts)
    assert b"hidden" not in b"".join(answer.parts)


def test_too_many_scrapes_are_told_when_to_come_again(monkeypatch) -> None:
    """Beyond the limit the answer is 503, with the seconds after which to ask again."""
    monkeypatch.setattr("mcp_perf.endpoint.handler._WAITING", 0)
    answer = Endpoint(PerformanceMonitor(registry=None)).answer(Request("GET", ""))

    assert 503 == answer.status
    assert dict(answer.headers)["Retry-After"].isdigit()


def test_patience_of_who_asks_is_heeded(monkeypatch) -> None:
    """Prometheus says how long it waits: a rendering that takes longer is answered 503 by then."""
    monkeypatch.setattr("mcp_perf.endpoint.handler._LEAST_PATIENCE", 0.0)
    slow = Slow()
    registry = CollectorRegistry()
    registry.register(slow)
    endpoint = Endpoint(PerformanceMonitor(registry=registry))
    headers = {"x-prometheus-scrape-timeout-seconds": "0.05"}
    question = Request("GET", "", header=lambda name: headers.get(name, ""))
    try:
        assert 503 == asyncio.run(endpoint.answer_async(question)).status
    finally:
        slow.gate.set()


def test_hanging_collector_costs_its_own_series() -> None:
    """A collector that hangs costs its own metrics, is named, and is not asked again before it is back."""
    slow, failed = Slow(), []
    registry = CollectorRegistry()
    registry.register(slow)
    Counter("good", "Good.", registry=registry)
    foreign = Foreign(registry, None, lambda name, error: failed.append(name), seconds=0.01)

    assert ["good"] == family_names(foreign.collect(unpaced))
    assert ["good"] == family_names(foreign.collect(unpaced))
    assert (1, ["Slow", "Slow"]) == (slow.asked, failed)
    slow.gate.set()
    deadline = time.monotonic() + 30
    while "slow" not in family_names(foreign.collect(unpaced)):
        assert time.monotonic() < deadline
    assert slow.asked >= 2


def test_failing_collectors_are_told_apart() -> None:
    """Each collector that fails is counted by name, and those after it are there."""

    class First:
        def collect(self):
            raise ValueError("first")

        def describe(self):
            return []

    class Second(First):
        def collect(self):
            yield GaugeMetricFamily("half", "Half.", value=1)
            raise SystemExit(2)

    registry = CollectorRegistry()
    registry.register(First())
    registry.register(Second())
    Counter("good", "Good.", registry=registry)
    monitor = PerformanceMonitor(registry=registry)
    for _ in range(2):
        assert b"\ngood_total 0.0\n" in monitor.render()[1]

    assert 2.0 == value(monitor, "mcp_monitor_scrape_errors_total", collector="First")
    assert 3.0 == value(monitor, "mcp_monitor_scrape_errors_total", collector="Second")


def test_own_collector_in_the_served_registry_is_asked_once() -> None:
    """A monitor whose collector is in the registry that it serves takes one reading for each scrape."""
    registry = CollectorRegistry()
    monitor = PerformanceMonitor(registry=registry)
    registry.register(monitor.collector)
    monitor.counter("jobs", "Jobs.").inc()

    assert 1 == monitor.render()[1].count(b"# TYPE jobs_total counter\n")


PROCESSES = """
from prometheus_client import CollectorRegistry, Counter, metrics
from prometheus_client.values import MultiProcessValue
from mcp_perf import PerformanceMonitor, configure

registry = CollectorRegistry()
for number, registered in ((1, registry), (2, CollectorRegistry())):
    metrics.values.ValueClass = MultiProcessValue(lambda: number)
    Counter("orders", "Orders.", registry=registered).inc(number + 1)
print(PerformanceMonitor(registry=registry).render()[1].decode())
"""


def test_processes_of_prometheus_client_are_added_up(tmp_path) -> None:
    """With PROMETHEUS_MULTIPROC_DIR the user's own metrics are those of all processes."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROCESSES], env=environment, check=True, capture_output=True, text=True
    )

    assert "\norders_total 5.0\n" in done.stdout
