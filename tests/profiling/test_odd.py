"""One odd thread, task or path costs a look nothing but that one."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from types import CoroutineType
from unittest.mock import Mock

import pytest
from support.profiling import PATIENCE, held, looker, seen_of

from mcp_perf.profiling import Options
from mcp_perf.profiling.profile import short_path
from mcp_perf.profiling.profiler import Profiler
from mcp_perf.profiling.visits import Visits


def refuse(*_):
    raise ValueError("odd")


class Nameless(threading.Thread):
    """A thread of somebody's own that does not say what it is called, once it runs."""

    name = property(refuse, lambda *_: None)


class Numberless(threading.Thread):
    """One that does not say which of the system's it is."""

    native_id = property(refuse)


class Numbered(threading.Thread):
    """One whose name is no text."""

    name = property(lambda _: 7, lambda *_: None)


@pytest.mark.parametrize(("kind", "is_seen"), [(Nameless, True), (Numbered, True), (Numberless, False)])
def test_threads(kind, is_seen) -> None:
    """A thread that has no name to tell is seen by its number, one that tells nothing is left out."""
    there, go = threading.Event(), threading.Event()

    def odd():
        there.set()
        assert go.wait(PATIENCE)

    thread = kind(target=odd, daemon=True)
    thread.start()
    assert there.wait(PATIENCE)
    try:
        with held(plain):
            found = looker().threads(1.0)
    finally:
        go.set()
        thread.join(PATIENCE)
    assert seen_of(found, "plain").is_idle
    expected = [f"thread {thread.ident}"] if is_seen else []
    assert expected == [seen.name for seen in found if "odd" in seen.stack]


def plain(hold):
    hold()


class Task(asyncio.Task):
    """A task of somebody's own."""


async def linger(event):
    await event.wait()


def tasks_beside(kind):
    """What somebody in another thread sees of a task of this kind and of a plain one: names and functions."""

    async def main():
        event = asyncio.Event()
        loop = asyncio.get_running_loop()
        odd = kind(linger(event), loop=loop)
        plain = asyncio.create_task(linger(event), name="plain")
        await asyncio.sleep(0)
        one, found = looker(), []
        one.know(loop, asyncio.current_task())
        thread = threading.Thread(target=lambda: found.extend(one.tasks()[1]))
        thread.start()
        thread.join()
        Task.is_odd = False
        event.set()
        await asyncio.gather(plain, asyncio.wait_for(odd, PATIENCE))
        return [(seen.name, seen.stack[:1]) for seen in found]

    Task.is_odd = True
    return sorted(asyncio.run(main()))


def oddly(name, odd):
    """A kind of task whose method of that name is odd, as long as somebody looks."""

    def method(self, *arguments, **keywords):
        is_asked = Task.is_odd and threading.current_thread() is not threading.main_thread()
        return odd() if is_asked else getattr(super(kind, self), name)(*arguments, **keywords)

    kind = type("Odd", (Task,), {name: method})
    return kind


@pytest.mark.parametrize("odd", [refuse, lambda: 7])
def test_tasks_without_a_name(odd) -> None:
    """A task that has no name to tell is seen as one that has none."""
    assert [("plain", ["linger"]), ("task", ["linger"])] == tasks_beside(oddly("get_name", odd))


@pytest.mark.parametrize("name", ["get_coro", "get_loop", "done"])
def test_tasks_that_tell_nothing(name) -> None:
    """A task that does not answer is left out, and those beside it are seen."""
    assert [("plain", ["linger"])] == tasks_beside(oddly(name, refuse))


def test_coroutines_that_are_none() -> None:
    """What only says that it is a coroutine has no frames to be seen at."""
    found = tasks_beside(oddly("get_coro", lambda: Mock(CoroutineType)))
    assert [("plain", ["linger"])] == [one for one in found if one[1]]


def test_a_profile_of_odd_ones() -> None:
    """A profile beside an odd task is told as ever."""

    async def main():
        event = asyncio.Event()
        odd = oddly("get_coro", lambda: Mock(CoroutineType))(linger(event), loop=asyncio.get_running_loop())
        plain = asyncio.create_task(linger(event))
        await asyncio.sleep(0)
        profile = await Profiler(Visits(), "shop").take_async(Options(seconds=1, hz=1, idle=True))
        Task.is_odd = False
        event.set()
        await asyncio.gather(odd, plain)
        return profile

    Task.is_odd = True
    profile = asyncio.run(main())
    (waited,) = [seconds for stack, seconds in profile.stacks.items() if stack[0].name == "linger"]
    assert profile.seconds == pytest.approx(waited)


def test_odd_places_of_packages(monkeypatch, tmp_path) -> None:
    """Whatever is among the places where packages are, files are told below those that count."""
    monkeypatch.setattr(sys, "path", [Path("/odd"), None, b"/odd", 7, str(tmp_path)])
    assert "shop/views.py" == short_path(f"{tmp_path}/shop/views.py")
