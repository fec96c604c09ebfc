"""The decorators as context managers, and what `with` can do to them."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest
from support.readings import series, value

from mcp_perf import monitor_call, monitor_db_operation, monitor_workflow_step


@pytest.fixture
def block(monitor):
    return monitor_call("work", monitor=monitor)


@pytest.fixture
def read(monitor):
    def reading():
        counted = {
            labels["status"]: number for labels, number in series(monitor, "mcp_calls_total", name="work")
        }
        return counted, value(monitor, "mcp_call_duration_seconds_sum", name="work", status="success")

    return reading


def test_block(clock, block, read) -> None:
    """A block is counted once, with the time it took."""
    with block:
        clock.advance(2)

    assert ({"success": 1}, 2) == read()


def test_async_block(clock, block, read) -> None:
    """``async with`` is the same."""

    async def main():
        async with block:
            await asyncio.sleep(0)
            clock.advance(2)

    asyncio.run(main())

    assert ({"success": 1}, 2) == read()


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError(), "error"), (StopIteration(), "error"), (asyncio.CancelledError(), "cancelled")],
    ids=repr,
)
def test_error_in_a_block_goes_on(block, read, error, status) -> None:
    """What is raised in a block leaves it as it is."""
    with pytest.raises(type(error)) as caught, block:
        raise error

    assert error is caught.value
    assert ({status: 1}, None) == read()


def test_one_object_entered_again_and_again(clock, block, read) -> None:
    """A block within the same block, each with its own time."""
    with block:
        clock.advance(1)
        with block:
            clock.advance(2)
        clock.advance(4)

    assert ({"success": 2}, 2 + 7) == read()


def test_one_object_in_many_tasks(clock, block, read) -> None:
    """One object used by tasks at once times each of them."""

    async def work(gate):
        with block:
            await gate.wait()

    async def main():
        gate = asyncio.Event()
        first = asyncio.create_task(work(gate))
        await asyncio.sleep(0)
        clock.advance(1)
        async with block:
            second = asyncio.create_task(work(gate))
            await asyncio.sleep(0)
            clock.advance(2)
            gate.set()
            await asyncio.gather(first, second)

    asyncio.run(main())

    assert ({"success": 3}, 3 + 2 + 2) == read()


def test_one_object_in_many_threads(clock, block, read) -> None:
    """One object used by threads at once times each of them."""
    entered, gate = threading.Barrier(5), threading.Event()

    def work():
        with block:
            entered.wait()
            gate.wait()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    entered.wait()
    clock.advance(3)
    gate.set()
    for thread in threads:
        thread.join()

    assert ({"success": 4}, 12) == read()


def test_blocks_that_end_in_another_order(clock, monitor, block, read) -> None:
    """Blocks that are left in another order than they were entered in have their own times all the same."""
    other = monitor_db_operation("select", "users", monitor=monitor)
    block.__enter__()
    clock.advance(1)
    other.__enter__()
    clock.advance(1)
    block.__exit__(None, None, None)
    clock.advance(1)
    other.__exit__(None, None, None)

    labels = {"operation": "select", "table": "users", "status": "success"}
    assert ({"success": 1}, 2) == read()
    assert 2 == value(monitor, "mcp_db_operation_duration_seconds_sum", **labels)


def test_block_left_in_another_context(clock, block, read) -> None:
    """A block that is left in another context than it was entered in is counted with its time."""
    contextvars.copy_context().run(block.__enter__)
    clock.advance(2)
    contextvars.copy_context().run(block.__exit__, None, None, None)

    assert ({"success": 1}, 2) == read()


def test_blocks_of_one_object_left_in_other_contexts(clock, monitor, block, read) -> None:
    """Each entry is left once, also where none is left in the context that it was entered in."""
    step = monitor_workflow_step("order", "pay", monitor=monitor)
    for one in (block, step):
        for _ in range(3):
            contextvars.copy_context().run(one.__enter__)
            clock.advance(1)
        for _ in range(3):
            contextvars.copy_context().run(one.__exit__, None, None, None)

    assert ({"success": 3}, 3 + 2 + 1) == read()
    assert 0 == value(monitor, "mcp_active_workflows", workflow="order")


def test_blocks_left_elsewhere_do_not_pile_up(block) -> None:
    """A context that only enters keeps no trace of what was left in others."""

    def enter_and_leave_elsewhere():
        for _ in range(1000):
            block.__enter__()
            thread = contextvars.Context()
            thread.run(block.__exit__, None, None, None)
        return sum(1 for _ in chain())

    def chain():
        entered = next(v for k, v in contextvars.copy_context().items() if k.name == "mcp_perf_entered")
        while entered is not None:
            yield entered
            entered = entered[1]

    assert 1 >= contextvars.Context().run(enter_and_leave_elsewhere)


def test_block_that_was_never_entered_is_left_in_peace(block) -> None:
    """Leaving what was not entered raises nothing in the application."""
    block.__exit__(None, None, None)
