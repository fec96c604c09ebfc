"""The page of profiles: who may have one, what is wrong to ask, one at a time, and who goes away."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from support.asgi_driver import AsgiServer, http_scope
from support.profiling import PATIENCE, read_speedscope

from mcp_perf import PerformanceMonitor
from mcp_perf.access import bearer, networks
from mcp_perf.adapters.asgi import metrics_app
from mcp_perf.endpoint import Endpoint, Request

HERE = {"profile": networks("127.0.0.1")}


def ask(access=None, path="/profile", method="GET", query="seconds=1", client="127.0.0.1", monitor=None):
    monitor = monitor or PerformanceMonitor(registry=None, access=HERE if access is None else access)
    return Endpoint(monitor).answer(Request(method, path, query, client=client))


def begun(monitor):
    """Come back when a profile is under way."""
    deadline = time.monotonic() + PATIENCE
    while monitor.profiler._under_way is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("path", ["/profile", "/profile/flame.js", "/profile/style.css"])
@pytest.mark.parametrize("access", [{"metrics": None}, networks("127.0.0.1"), {"*": networks("127.0.0.1")}])
def test_off(access, path) -> None:
    """Without a rule of its own there is no such page, and the answer says what it needs."""
    answer = ask(access, path)
    assert 404 == answer.status
    assert b'access={"profile": rule}' in answer.body


def test_rule() -> None:
    """Who may not pass gets no profile."""
    assert 403 == ask(client="10.0.0.1").status
    assert 401 == ask({"profile": bearer("right")}).status


@pytest.mark.parametrize("method", ["HEAD", "POST", "DELETE"])
def test_only_get(method) -> None:
    """Only a GET takes a profile."""
    answer = ask(method=method)
    assert (405, "GET") == (answer.status, dict(answer.headers)["Allow"])


def test_wrong_question() -> None:
    """A wrong question is answered at once, in one sentence."""
    answer = ask(query="seconds=0")
    assert (400, b"seconds must be a whole number from 1 to 60, not '0'\n") == (answer.status, answer.body)


def test_profile() -> None:
    """A thread that computes is in the profile, which is of this process and took its time."""
    over = threading.Event()

    def compute():
        while not over.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute, name="computing", daemon=True)
    thread.start()
    try:
        answer = ask(query="seconds=1&format=speedscope&names=1")
    finally:
        over.set()
        thread.join()
    found = read_speedscope(answer.body)
    assert (200, "no-store") == (answer.status, dict(answer.headers)["Cache-Control"])
    names = [frame["name"] for frame in found["shared"]["frames"]]
    (profile,) = found["profiles"]
    seconds = sum(
        weight
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True)
        if any(names[one].endswith("compute") for one in sample) and names[sample[0]] == "computing"
    )
    assert 0.5 < seconds < 1.1
    assert f"process {os.getpid()}" in found["name"]


def test_one_at_a_time() -> None:
    """Whoever asks for a second one is told when to come again."""
    monitor = PerformanceMonitor(registry=None, access=HERE)
    first = []
    thread = threading.Thread(target=lambda: first.append(ask(monitor=monitor).status))
    thread.start()
    begun(monitor)
    second = ask(monitor=monitor)
    thread.join()
    assert [200, 503] == [*first, second.status]
    assert b"takes a profile already" in second.body
    assert "1" == dict(second.headers)["Retry-After"]
    assert 200 == ask(monitor=monitor).status


def test_the_event_loop_goes_on() -> None:
    """While a profile is taken its event loop serves others, and is in the profile itself."""
    monitor = PerformanceMonitor(registry=None, access=HERE)

    async def busy():
        while True:
            spin()
            await asyncio.sleep(0)

    def spin():
        sum(range(20_000))

    async def main():
        task = asyncio.create_task(busy())
        server = AsgiServer(http_scope(path="/profile?seconds=3&format=collapsed"))
        begun = time.monotonic()
        answer = await server.run(metrics_app(monitor))
        task.cancel()
        return answer, time.monotonic() - begun

    answer, took = asyncio.run(main())
    assert 200 == answer.status
    assert 3.0 <= took < 6.0
    lines = [line for line in answer.body.decode().splitlines() if "busy" in line]
    assert any(".busy (" in line.split(";")[0] or line.startswith("busy (") for line in lines)


def test_who_goes_away() -> None:
    """A profile that nobody waits for any more is given up, and the next one may come at once."""
    monitor = PerformanceMonitor(registry=None, access=HERE)

    async def main():
        server = AsgiServer(http_scope(path="/profile?seconds=60"))
        asked = asyncio.create_task(server.run(metrics_app(monitor)))
        while monitor.profiler._under_way is None:
            await asyncio.sleep(0.01)
        server.leave()
        await asked
        return server.got

    assert [] == asyncio.run(main())
    deadline = time.monotonic() + PATIENCE
    while monitor.profiler._under_way is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert monitor.profiler._under_way is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_fork() -> None:
    """A child that is forked while a profile is taken may take its own, and has turns as its parent had."""
    import sys

    before = sys.getswitchinterval()
    monitor = PerformanceMonitor(registry=None, access=HERE)
    thread = threading.Thread(target=ask, kwargs={"monitor": monitor})
    thread.start()
    while sys.getswitchinterval() == before:
        time.sleep(0.01)
    child = os.fork()
    if not child:
        is_right = sys.getswitchinterval() == before and ask(monitor=monitor).status == 200
        os._exit(0 if is_right else 1)
    thread.join()
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_greenlets(monkeypatch) -> None:
    """Where threads are greenlets, of which none can look at another, the answer says so."""
    patched = SimpleNamespace(is_module_patched=lambda name: name == "threading")
    monkeypatch.setitem(sys.modules, "gevent.monkey", patched)
    answer = ask()
    assert (501, b"no profile can be taken here: threads are greenlets") == (answer.status, answer.body[:51])
