"""What is seen in a look at all threads and tasks."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import threading

import pytest
from support.profiling import held, looker, seen_of

from mcp_perf.profiling.looks import MOST_TASKS, Looker
from mcp_perf.profiling.slow.requests import lines_of
from mcp_perf.profiling.visits import Visits


def outer(hold):
    inner(hold)


def inner(hold):
    hold()


def dive(hold, depth):
    if depth:
        dive(hold, depth - 1)
    else:
        hold()


def test_threads() -> None:
    """A thread is seen with its name and what it has called, from the outside in; ours are not."""
    with held(outer, name="worker"), held(outer, name="mcp_perf something"):
        seen = seen_of(looker().threads(1.0), "inner")
    assert ("worker", ["outer", "inner", "hold"]) == (seen.name, seen.stack[-5:-2])


def test_who_looks_is_not_seen() -> None:
    """Neither the thread that looks nor those that it is told to leave out are seen."""
    with held(outer) as thread:
        found = list(looker(ignored=[thread.ident]).threads(1.0))
    assert not any("inner" in seen.stack or "test_who_looks_is_not_seen" in seen.stack for seen in found)


def test_a_thread_that_waits_is_idle() -> None:
    """One that waits for an event waits, and is left out unless it is asked for."""
    with held(outer):
        assert seen_of(looker().threads(1.0), "inner").is_idle
        assert not any("inner" in seen.stack for seen in looker(with_idle=False).threads(1.0))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what a thread has spent")
def test_a_thread_that_has_done_nothing_is_idle() -> None:
    """Where the system tells what a thread has spent, one waits that is in nobody's known wait."""
    reading, writing = os.pipe()

    def read(hold):
        hold()
        os.read(reading, 1)

    one = looker()
    there = threading.Event()
    thread = threading.Thread(target=read, args=(there.set,), daemon=True)
    thread.start()
    assert there.wait(20)
    try:
        for _ in range(500):
            if [seen for seen in one.threads(0.01) if "read" in seen.stack and seen.is_idle]:
                return
            threading.Event().wait(0.01)
        pytest.fail("it is never idle")
    finally:
        os.write(writing, b"x")
        thread.join()


def test_a_thread_that_works_is_not_idle() -> None:
    """One that computes is seen at work, in most looks at least."""
    over = threading.Event()

    def compute():
        while not over.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute, daemon=True)
    thread.start()
    try:
        one, found = looker(), []
        for _ in range(20):
            threading.Event().wait(0.02)
            found += [seen.is_idle for seen in one.threads(0.02) if "compute" in seen.stack]
        assert sum(found) < len(found) / 2
    finally:
        over.set()
        thread.join()


tells_calls = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64") or not os.path.exists("/proc/self/syscall"),
    reason="only Linux tells in which system call a thread is",
)


@tells_calls
def test_a_thread_that_works_for_very_little_of_the_time() -> None:
    """One that is at work is seen so, in most looks, however little it has worked since the look before."""
    over = threading.Event()

    def compute():
        while not over.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute, daemon=True)
    thread.start()
    try:
        one, found = looker(), []
        for _ in range(20):
            threading.Event().wait(0.02)
            seen = [seen for seen in one.threads(1000.0) if "compute" in seen.stack]
            found += [each.is_idle or one.rests(each) for each in seen]
        assert sum(found) < len(found) / 2
    finally:
        over.set()
        thread.join()


@tells_calls
def test_a_thread_that_waits_for_a_lock() -> None:
    """One that waits for a lock by a call that is not Python's waits, in the first look already."""
    lock = threading.Lock()

    def take(hold):
        hold()
        with lock:
            pass

    there = threading.Event()
    with lock:
        thread = threading.Thread(target=take, args=(there.set,), daemon=True)
        thread.start()
        assert there.wait(20)
        for _ in range(500):
            if seen_of(looker().threads(1.0), "take").is_idle:
                break
            threading.Event().wait(0.01)
        else:
            pytest.fail("it never waits")
    thread.join()


def test_very_deep() -> None:
    """Of a stack of very many frames the innermost are seen, and that there are more."""
    depth = 100_000 if sys.version_info >= (3, 11) else 2_000
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(2 * depth)
    try:
        with held(dive, depth):
            seen = seen_of(looker().threads(1.0), "dive")
    finally:
        sys.setrecursionlimit(limit)
    assert (True, 256, "dive") == (seen.is_cut, len(seen.stack), seen.stack[0])


def test_threads_that_die_meanwhile() -> None:
    """Looks go on while threads come and go."""
    over = threading.Event()

    def breed():
        while not over.is_set():
            threads = [threading.Thread(target=sum, args=(range(100),)) for _ in range(5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    breeder = threading.Thread(target=breed, daemon=True)
    breeder.start()
    try:
        one = looker()
        for _ in range(300):
            list(one.threads(0.001))
    finally:
        over.set()
        breeder.join()


def waiting(one):
    """What tasks of the loop that runs here are seen at, by somebody in another thread."""
    one.know(asyncio.get_running_loop(), asyncio.current_task())
    found = []

    def look():
        share, tasks = one.tasks()
        found.append((share, list(tasks)))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found[0]


def test_tasks() -> None:
    """A task is seen at what it awaits, through coroutines, asynchronous generators and awaitables."""

    class Awaitable:
        def __await__(self):
            yield from asyncio.sleep(100).__await__()

    async def parts():
        await Awaitable()
        yield 1

    async def handle():
        async for _ in parts():
            pass

    async def main():
        task = asyncio.create_task(handle(), name="one")
        await asyncio.sleep(0)
        _, tasks = waiting(looker())
        task.cancel()
        return [(seen.name, list(seen.stack), seen.is_idle) for seen in tasks]

    assert [("one", ["handle", "parts", "__await__", "sleep"], True)] == asyncio.run(main())


def test_a_loop_is_found_by_its_thread() -> None:
    """Tasks of an event loop in any thread are seen once that thread was, and no more when it is closed."""
    loop = asyncio.new_event_loop()

    async def forever():
        await asyncio.Event().wait()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    task = asyncio.run_coroutine_threadsafe(forever(), loop)
    one = looker()
    for _ in range(500):
        list(one.threads(0.01))
        names = [name for seen in one.tasks()[1] for name in seen.stack]
        if "forever" in names:
            break
        threading.Event().wait(0.01)
    assert "forever" in names
    task.cancel()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert [] == list(one.tasks()[1])


def test_very_many_tasks() -> None:
    """Of very many tasks some are seen, each of which stands for as many as there are for it."""

    async def main():
        event = asyncio.Event()
        tasks = [asyncio.create_task(event.wait()) for _ in range(10_000)]
        await asyncio.sleep(0)
        share, found = waiting(looker())
        event.set()
        await asyncio.gather(*tasks)
        return share, len(found)

    assert (10_000 / MOST_TASKS, MOST_TASKS) == asyncio.run(main())


def test_what_runs_in_a_task_begins_there() -> None:
    """What a task runs is seen from its coroutine on, as what it waits for is, without the loop around it."""
    found = []

    async def handle(one):
        blocked = threading.Thread(target=lambda: found.extend(one.threads(1.0)))
        blocked.start()
        blocked.join()

    asyncio.run(handle(looker()))
    assert "handle" == seen_of(found, "handle").stack[0]


def test_lines() -> None:
    """A stack can be told by lines: the function, its file and where in it each call is."""
    with held(outer):
        found = list(Looker(Visits(), lines_of).threads(1.0))
    (seen,) = [one for one in found if any(line.startswith("inner ") for line in one.stack)]
    (line,) = [line for line in seen.stack if line.startswith("inner ")]
    assert line.endswith(f"test_looks.py:{inner.__code__.co_firstlineno + 1})")
