"""Active workflows: runs with a step executing now, each counted once."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest
from support.readings import value

from mcp_perf import monitor_workflow_step


@pytest.fixture
def active(monitor):
    return lambda workflow="order": value(monitor, "mcp_active_workflows", workflow=workflow)


@pytest.fixture
def step(monitor):
    return lambda name, workflow="order": monitor_workflow_step(workflow, name, monitor=monitor)


def test_run_is_active_while_a_step_executes(active, step) -> None:
    """A run counts from the start of a step to its end."""
    with step("pay"):
        assert 1 == active()

    assert 0 == active()


def test_nested_step_of_the_same_run_counts_once(active, step) -> None:
    """A step inside a step of the same workflow is the same run."""
    seen = []

    @step("inner")
    def inner():
        seen.append(active())

    @step("outer")
    def outer():
        inner()
        with step("block"):
            seen.append(active())
            inner()
        seen.append(active())

    outer()

    assert [1, 1, 1, 1] == seen
    assert 0 == active()


def test_other_workflow_inside_counts_for_itself(active, step) -> None:
    """A step of another workflow inside is another run."""
    with step("pay"), step("send", "mail"):
        assert (1, 1) == (active(), active("mail"))

    assert (0, 0) == (active(), active("mail"))


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError, KeyboardInterrupt])
def test_failed_step_ends_the_run(active, step, error) -> None:
    """A run ends with its step, however that ends."""
    with pytest.raises(error), step("pay"):
        raise error

    assert 0 == active()


def test_runs_at_once_in_tasks_and_threads(active, step) -> None:
    """Runs in other tasks and threads are runs of their own."""

    async def main():
        gate = asyncio.Event()

        @step("wait")
        async def wait():
            await gate.wait()

        tasks = [asyncio.create_task(wait()) for _ in range(3)]
        await asyncio.sleep(0)
        counts = [active()]
        with step("sync"):
            thread = threading.Thread(target=step("thread")(lambda: counts.append(active())))
            thread.start()
            thread.join()
        gate.set()
        await asyncio.gather(*tasks)
        return counts

    assert [3, 5] == asyncio.run(main())
    assert 0 == active()


def test_task_that_outlives_the_step_that_started_it_keeps_the_run_active(active, step) -> None:
    """A run lasts until the last of its steps has ended, also where that is not the first."""

    async def main():
        gate = asyncio.Event()

        @step("later")
        async def later():
            await gate.wait()

        async with step("first"):
            tasks = [asyncio.create_task(later()), asyncio.create_task(later())]
            await asyncio.sleep(0)
            during = active()
        after = active()
        gate.set()
        await asyncio.gather(*tasks)
        return during, after

    assert (1, 1) == asyncio.run(main())
    assert 0 == active()


def test_run_after_a_run_in_one_context(active, step) -> None:
    """A run that is over does not hide the next one in the same context."""
    for _ in range(3):
        with step("pay"):
            assert 1 == active()

    assert 0 == active()


def test_step_in_a_generator_does_not_leak_into_its_consumer(active, step) -> None:
    """While a generator that is a step has yielded, its consumer is not in its run; its own body is."""

    @step("rows")
    def rows():
        with step("fetch"):
            yield active()
        yield active()

    generator = rows()
    inside = [next(generator)]
    with step("consumer"):
        outside = active()
        inside.append(next(generator))
    assert [] == list(generator)

    assert ([1, 2], 2) == (inside, outside)
    assert 0 == active()


def test_step_in_an_async_generator_does_not_leak_into_its_consumer(active, step) -> None:
    """The same for an async generator."""

    @step("rows")
    async def rows():
        async with step("fetch"):
            yield active()

    async def main():
        seen = []
        async for inside in rows():
            with step("consumer"):
                seen.append((inside, active()))
        return seen

    assert [(1, 2)] == asyncio.run(main())
    assert 0 == active()


def test_steps_of_ever_new_workflows_do_not_pile_up(monitor, step) -> None:
    """Workflow names made up at run time end in the overflow series, and no run stays active."""
    for number in range(3000):
        with step("s", f"workflow{number}"):
            pass

    snapshot = monitor.snapshot()
    assert len(snapshot.series("active_workflows")) <= 1025
    assert {0.0} == {one.value for one in snapshot.series("active_workflows")}
    assert 3000 == sum(one.value.events for one in snapshot.series("workflow_steps"))


def test_generator_that_is_advanced_elsewhere_leaves_its_consumers_run_alone(active, step) -> None:
    """A generator begun in one run and advanced in another changes neither."""

    @step("rows")
    def rows():
        yield
        yield

    generator = rows()
    next(generator)
    with step("consumer"):
        next(generator)
        with step("inner"):
            seen = [active()]
        generator.close()
        with step("inner"):
            seen.append(active())

    assert [2, 1] == seen
    assert 0 == active()


def test_generator_that_outlives_the_step_it_was_begun_in_keeps_the_run(active, step) -> None:
    """A step's generator that is advanced after the step is in the step's run still."""

    @step("rows")
    def rows():
        yield
        with step("fetch"):
            yield active()

    with step("outer"):
        generator = rows()
        next(generator)

    with step("other"):
        assert 2 == next(generator)
        with step("inner"):
            assert 2 == active()
    generator.close()

    assert 0 == active()


@pytest.mark.parametrize("how", ["close", "throw"])
def test_what_a_generator_does_at_its_end_is_in_its_run(active, step, how) -> None:
    """The `finally` of a generator, sync or async, that is closed or thrown into belongs to its run."""
    seen = []

    @step("rows")
    def rows():
        try:
            yield
        finally:
            with step("tidy"):
                seen.append(active())

    @step("rows")
    async def async_rows():
        try:
            yield
        finally:
            async with step("tidy"):
                seen.append(active())

    async def main():
        generator = async_rows()
        await anext(generator)
        with contextlib.suppress(KeyError):
            await (generator.aclose() if how == "close" else generator.athrow(KeyError()))

    generator = rows()
    next(generator)
    with contextlib.suppress(KeyError):
        generator.close() if how == "close" else generator.throw(KeyError())
    asyncio.run(main())

    assert [1, 1] == seen
    assert 0 == active()
