"""Decorated generators and async generators behave as bare ones, and are timed from first to last."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from support.readings import series, value

from mcp_perf import monitor_call


class BoomError(Exception):
    pass


@pytest.fixture
def statuses(monitor):
    def read():
        return {
            labels["status"]: number for labels, number in series(monitor, "mcp_calls_total", name="work")
        }

    return read


def echo():
    """Yields what was sent; ends with a result; turns BoomError into a value."""
    got = yield "first"
    while got != "end":
        try:
            got = yield got
        except BoomError:
            got = yield "caught"
    return "result"


async def aecho():
    got = yield "first"
    while got != "end":
        try:
            got = yield got
        except BoomError:
            got = yield "caught"


def run(generator):
    """A conversation with a generator of `echo`, as a list of what was heard."""
    heard = [next(generator), generator.send("a"), generator.throw(BoomError()), generator.send("b")]
    try:
        generator.send("end")
    except StopIteration as stop:
        heard.append(stop.value)
    return heard


async def arun(generator):
    heard = [
        await anext(generator),
        await generator.asend("a"),
        await generator.athrow(BoomError()),
        await generator.asend("b"),
    ]
    try:
        await generator.asend("end")
    except StopAsyncIteration:
        heard.append("stopped")
    return heard


def decorators(monitor):
    from mcp_perf import monitor_workflow_step

    return [monitor_call("work", monitor=monitor), monitor_workflow_step("w", "s", monitor=monitor)]


def test_conversation_with_a_generator(monitor, statuses) -> None:
    """`send`, `throw` and the result go through a decorated generator."""
    for decorate in decorators(monitor):
        assert run(echo()) == run(decorate(echo)())
    assert {"success": 1} == statuses()


def test_conversation_with_an_async_generator(monitor, statuses) -> None:
    """`asend` and `athrow` go through a decorated async generator."""
    for decorate in decorators(monitor):
        assert asyncio.run(arun(aecho())) == asyncio.run(arun(decorate(aecho)()))
    assert {"success": 1} == statuses()


def test_generator_is_timed_to_its_end(monitor, clock, statuses) -> None:
    """A generator's time runs from its first step to its end, what its consumer takes included."""

    @monitor_call("work", monitor=monitor)
    def work():
        clock.advance(1)
        yield
        clock.advance(2)

    generator = work()
    clock.advance(100)
    next(generator)
    clock.advance(4)
    assert [] == list(generator)

    assert {"success": 1} == statuses()
    assert 7 == value(monitor, "mcp_call_duration_seconds_sum", name="work", status="success")


def test_generator_that_never_starts_is_not_counted(monitor, statuses) -> None:
    """A generator that nobody iterates is no call."""
    monitor_call("work", monitor=monitor)(echo)()

    assert {} == statuses()


def test_generator_closed_early_is_cancelled(monitor, statuses) -> None:
    """A generator that its consumer leaves runs its own clean-up and counts as cancelled."""
    cleaned = []

    @monitor_call("work", monitor=monitor)
    def work():
        try:
            yield 1
        finally:
            cleaned.append(True)

    generator = work()
    next(generator)
    generator.close()

    assert [True] == cleaned
    assert {"cancelled": 1} == statuses()


def test_workflow_generator_closed_early_runs_its_clean_up(monitor) -> None:
    """A generator that is a workflow step is closed as any other, and the run is over."""
    cleaned = []
    decorate = decorators(monitor)[1]

    @decorate
    def work():
        try:
            yield 1
        finally:
            cleaned.append(True)

    generator = work()
    next(generator)
    assert 1 == value(monitor, "mcp_active_workflows", workflow="w")
    generator.close()

    assert [True] == cleaned
    assert 0 == value(monitor, "mcp_active_workflows", workflow="w")


def test_async_generator_closed_early_is_cancelled(monitor, statuses) -> None:
    """An async generator that is closed runs its own clean-up and counts as cancelled."""
    cleaned = []

    @monitor_call("work", monitor=monitor)
    async def work():
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    async def main():
        async with aclosing(work()) as generator:
            async for _ in generator:
                break

    asyncio.run(main())

    assert [True] == cleaned
    assert {"cancelled": 1} == statuses()


def test_async_generator_that_is_forgotten_is_finished_by_its_loop(monitor, statuses) -> None:
    """An async generator left in the middle is closed with its event loop, and counted once."""

    @monitor_call("work", monitor=monitor)
    async def work():
        yield 1
        yield 2

    async def main():
        async for _ in work():
            break

    asyncio.run(main())

    assert {"cancelled": 1} == statuses()


def test_cancelled_async_generator(monitor, statuses) -> None:
    """An async generator whose consumer is cancelled while it waits counts as cancelled."""

    @monitor_call("work", monitor=monitor)
    async def work(started):
        started.set()
        await asyncio.Event().wait()
        yield

    async def main():
        started = asyncio.Event()

        async def consume():
            async for _ in work(started):
                pass

        task = asyncio.create_task(consume())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert {"cancelled": 1} == statuses()


@pytest.mark.parametrize("error", [BoomError(), StopIteration()], ids=repr)
def test_error_in_a_generator(monitor, statuses, error) -> None:
    """An error raised in a generator reaches its consumer as from a bare one."""

    def bare():
        yield 1
        raise error

    decorated = monitor_call("work", monitor=monitor)(bare)
    expected = RuntimeError if isinstance(error, StopIteration) else BoomError

    with pytest.raises(expected):
        list(bare())
    with pytest.raises(expected):
        list(decorated())
    assert {"error": 1} == statuses()


@pytest.mark.parametrize("error", [BoomError(), StopAsyncIteration(), StopIteration()], ids=repr)
def test_error_in_an_async_generator(monitor, statuses, error) -> None:
    """An error raised in an async generator reaches its consumer as from a bare one."""

    async def bare():
        yield 1
        raise error

    async def consume(generator):
        return [item async for item in generator]

    expected = BoomError if isinstance(error, BoomError) else RuntimeError

    for work in (bare, monitor_call("work", monitor=monitor)(bare)):
        with pytest.raises(expected):
            asyncio.run(consume(work()))
    assert {"error": 1} == statuses()


@pytest.mark.parametrize("error", [BoomError(), StopIteration(), GeneratorExit()], ids=repr)
def test_uncaught_throw_comes_back(monitor, error) -> None:
    """What is thrown into a generator that does not catch it comes back as from a bare one."""

    def bare():
        yield 1

    outcomes = []
    for work in (bare, *(decorate(bare) for decorate in decorators(monitor))):
        generator = work()
        next(generator)
        with pytest.raises(BaseException) as caught:  # noqa: PT011
            generator.throw(error)
        outcomes.append(type(caught.value))

    assert [outcomes[0]] * 3 == outcomes
