"""What of the time of a profile is accounted to whom."""

from __future__ import annotations

import asyncio

import pytest
from support.profiling import held

from mcp_perf.profiling import Options
from mcp_perf.profiling.profiler import Profiler
from mcp_perf.profiling.visits import Visits


def seconds(profile, function):
    return sum(
        time
        for stack, time in profile.stacks.items()
        if any(frame.name.rpartition(".")[2] == function for frame in stack)
    )


def inner(hold):
    hold()


def test_thousands_of_tasks() -> None:
    """However seldom very many tasks can be looked at, all of their time is in the profile."""
    number = 10_000

    async def linger(event):
        await event.wait()

    async def main():
        event = asyncio.Event()
        tasks = [asyncio.create_task(linger(event)) for _ in range(number)]
        await asyncio.sleep(0)
        profile = await Profiler(Visits(), "shop").take_async(Options(seconds=1, idle=True))
        event.set()
        await asyncio.gather(*tasks)
        return profile

    profile = asyncio.run(main())
    assert number * profile.seconds == pytest.approx(seconds(profile, "linger"))


def test_a_thread_that_waits() -> None:
    """A thread that is there all the time is in the profile for all of its time, to the last moment."""
    with held(inner):
        profile = Profiler(Visits(), "shop").take(Options(seconds=1, hz=1, idle=True))
    assert profile.seconds == pytest.approx(seconds(profile, "inner"))


def test_tasks_of_a_loop_that_is_found_late() -> None:
    """Tasks of a loop that has to be found first are in the profile from its beginning on."""
    loop = asyncio.new_event_loop()

    async def linger():
        await asyncio.Event().wait()

    def serve(hold):
        task = loop.create_task(linger())
        loop.call_soon(hold)
        loop.call_soon(loop.stop)
        loop.run_forever()
        task.cancel()

    with held(serve):
        profile = Profiler(Visits(), "shop").take(Options(seconds=1, hz=1, idle=True))
    loop.close()
    assert profile.seconds == pytest.approx(seconds(profile, "linger"))
