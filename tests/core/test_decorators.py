"""The decorators on every kind of callable: results, exceptions and counts."""

from __future__ import annotations

import asyncio
import functools
import threading
from enum import Enum

import pytest
from support.readings import series, value

from mcp_perf import PerformanceMonitor, monitor_call, monitor_db_operation, monitor_workflow_step


@pytest.fixture
def timed(monitor):
    return monitor_call("work", monitor=monitor)


def statuses(monitor: PerformanceMonitor) -> dict[str, float]:
    """Calls counted, by status."""
    return {labels["status"]: number for labels, number in series(monitor, "mcp_calls_total", name="work")}


def seconds(monitor: PerformanceMonitor, status: str = "success") -> float | None:
    return value(monitor, "mcp_call_duration_seconds_sum", name="work", status=status)


class BoomError(Exception):
    pass


def test_function(monitor, clock, timed) -> None:
    """A call is counted once, with the time it took, and gives its result."""

    @timed
    def work(a, *, b):
        clock.advance(2.5)
        return a, b

    assert (1, 2) == work(1, b=2)
    assert {"success": 1} == statuses(monitor)
    assert 2.5 == seconds(monitor)


def test_coroutine_function(monitor, clock, timed) -> None:
    """An awaited call is timed until it is done, not until the coroutine is made."""

    @timed
    async def work():
        await asyncio.sleep(0)
        clock.advance(2.5)
        return "done"

    assert "done" == asyncio.run(work())
    assert {"success": 1} == statuses(monitor)
    assert 2.5 == seconds(monitor)


@pytest.mark.parametrize(
    "error", [BoomError(), StopIteration(), StopAsyncIteration(), KeyboardInterrupt(), SystemExit()], ids=repr
)
def test_error_of_a_function_is_counted_and_passed_on(monitor, timed, error) -> None:
    """What a function raises reaches the caller as it is, and the call counts as an error."""

    @timed
    def work():
        raise error

    with pytest.raises(type(error)) as caught:
        work()

    assert error is caught.value
    assert {"error": 1} == statuses(monitor)


def test_error_of_a_coroutine_function_is_counted_and_passed_on(monitor, timed) -> None:
    """What an awaited call raises reaches the caller as it is."""
    error = BoomError()

    @timed
    async def work():
        raise error

    with pytest.raises(BoomError) as caught:
        asyncio.run(work())

    assert error is caught.value
    assert {"error": 1} == statuses(monitor)


def test_cancelled_call_is_cancelled(monitor, timed) -> None:
    """A call whose task is cancelled counts as cancelled, and the cancellation goes on."""

    @timed
    async def work(started):
        started.set()
        await asyncio.Event().wait()

    async def main():
        started = asyncio.Event()
        task = asyncio.create_task(work(started))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert asyncio.run(main())
    assert {"cancelled": 1} == statuses(monitor)


def test_coroutine_that_is_never_awaited_is_not_counted(monitor, timed) -> None:
    """A call that never ran is no call."""

    @timed
    async def work():
        raise AssertionError("never awaited")

    work().close()

    assert {} == statuses(monitor)


def test_gathered_calls_have_a_time_each(monitor, clock, timed) -> None:
    """Calls that run at once are timed each by itself."""

    @timed
    async def work(gate):
        await gate.wait()

    async def main():
        gate = asyncio.Event()
        first = asyncio.create_task(work(gate))
        await asyncio.sleep(0)
        clock.advance(1.0)
        second = asyncio.create_task(work(gate))
        await asyncio.sleep(0)
        clock.advance(1.0)
        gate.set()
        await asyncio.gather(first, second)

    asyncio.run(main())

    assert {"success": 2} == statuses(monitor)
    assert 3.0 == seconds(monitor)


def test_recursion_and_nesting(monitor, timed) -> None:
    """A recursive call counts each level."""

    @timed
    def work(n):
        return 1 if n == 0 else n * work(n - 1)

    assert 120 == work(5)
    assert {"success": 6} == statuses(monitor)


def test_threads_lose_no_call(monitor, timed) -> None:
    """Calls from many threads are all counted."""
    work = timed(lambda: None)
    threads = [threading.Thread(target=lambda: [work() for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {"success": 8000} == statuses(monitor)


def test_methods_of_every_sort(monitor, timed) -> None:
    """Methods, class methods and static methods are decorated on either side of their decorator."""

    class Thing:
        @timed
        def method(self):
            return self

        @timed
        @classmethod
        def outside(cls):
            return cls

        @classmethod
        @timed
        def inside(cls):
            return cls

        @timed
        @staticmethod
        def static(a):
            return a

        @timed
        @functools.lru_cache  # noqa: B019
        def cached(self):
            return self

        @timed
        async def coroutine(self):
            return self

    thing = Thing()

    assert thing is thing.method()
    assert (Thing, Thing) == (thing.outside(), Thing.inside())
    assert ("a", "a") == (thing.static("a"), Thing.static("a"))
    assert thing is thing.cached()
    assert thing is asyncio.run(thing.coroutine())
    assert {"success": 7} == statuses(monitor)


def test_partial_does_not_become_a_method(monitor, timed) -> None:
    """A decorated partial in a class stays a partial: it gets no `self`."""

    class Thing:
        call = timed(functools.partial(max, 1, 2))

    assert 2 == Thing().call()


def test_decorated_twice_counts_under_both_names(monitor, timed) -> None:
    """Two decorators on one function count each under its own name."""

    @timed
    @monitor_call("other", monitor=monitor)
    def work():
        return "done"

    assert "done" == work()
    assert {"success": 1} == statuses(monitor)
    assert 1 == value(monitor, "mcp_calls_total", name="other", status="success")


@pytest.mark.parametrize("wrong", [int, 5, None, "name", property(lambda self: None)], ids=type)
def test_wrong_target_fails_when_decorating(monitor, timed, wrong) -> None:
    """A class, or what cannot be called, is refused when it is decorated, naming it and the decorator."""
    with pytest.raises(TypeError, match=r"monitor_call\('work'\) times functions"):
        timed(wrong)


@pytest.mark.parametrize(
    "decorate",
    [
        lambda: monitor_call(lambda: None),
        lambda: monitor_db_operation(lambda: None, "users"),
        lambda: monitor_db_operation("select"),
        lambda: monitor_workflow_step("checkout"),
        lambda: monitor_call(5),
        lambda: monitor_call("x", labels=["a"]),
        lambda: monitor_call("x", monitor="mine"),
    ],
)
def test_forgotten_argument_fails_when_decorating(decorate) -> None:
    """A decorator without its arguments, or with wrong ones, is a TypeError at once."""
    with pytest.raises(TypeError):
        decorate()


@pytest.mark.parametrize(
    ("decorate", "message"),
    [
        (lambda: monitor_call(""), "name must be a string that is not empty"),
        (lambda: monitor_db_operation("select", ""), "table must be a string that is not empty"),
        (lambda: monitor_call("x", sample_rate=1.5), "sample_rate must be a number from 0 to 1, not 1.5"),
        (lambda: monitor_call("x", sample_rate=True), "sample_rate must be a number from 0 to 1, not True"),
        (lambda: monitor_call("x", labels={"status": "a"}), "the label name 'status' is already taken"),
        (lambda: monitor_call("x", labels={"a-b": "a"}), "a label name must be"),
    ],
)
def test_wrong_value_fails_when_decorating(decorate, message) -> None:
    """A wrong value is an error that names the argument, the value and what is allowed."""
    with pytest.raises(ValueError, match=message):
        decorate()


@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_sampled_calls_are_all_counted(rate, clock) -> None:
    """With a sample rate every call is counted and only that share is timed."""
    clock.luck = 0.5
    monitor = PerformanceMonitor(registry=None, clock=clock.clock)

    @monitor_call("work", monitor=monitor, sample_rate=rate)
    def work(error=None):
        if error:
            raise error

    work()
    with pytest.raises(BoomError):
        work(BoomError())
    clock.luck = 0.0
    work()

    timed = {0.0: 0, 0.4: 1}[rate]
    assert {"success": 2, "error": 1} == statuses(monitor)
    assert timed == value(monitor, "mcp_call_duration_seconds_count", name="work", status="success")
    assert 0 == value(monitor, "mcp_call_duration_seconds_count", name="work", status="error")


class Operation(str, Enum):
    SELECT = "select"


def test_members_of_an_enum_are_labels_by_their_value(monitor) -> None:
    """An Enum of strings gives the same label as its string."""
    for operation in (Operation.SELECT, "select"):
        monitor_db_operation(operation, "users", monitor=monitor)(lambda: None)()

    assert 2 == value(monitor, "mcp_db_operations_total", operation="select", table="users", status="success")


def test_own_labels(monitor) -> None:
    """Calls of one name may have labels of their own, and different ones."""
    monitor_call("mail", labels={"provider": "a"}, monitor=monitor)(lambda: None)()
    monitor_call("mail", labels={"provider": "b", "kind": "bulk"}, monitor=monitor)(lambda: None)()
    monitor_call("mail", monitor=monitor)(lambda: None)()

    assert 1 == value(monitor, "mcp_calls_total", name="mail", status="success", provider="a")
    assert 1 == value(monitor, "mcp_calls_total", name="mail", status="success", provider="b", kind="bulk")
    assert 1 == value(monitor, "mcp_calls_total", name="mail", status="success")


def test_disabled_monitor_records_nothing() -> None:
    """With a disabled monitor decorated functions work, and nothing is recorded."""
    monitor = PerformanceMonitor(registry=None, enabled=False)
    db = monitor_db_operation("select", "users", monitor=monitor)(lambda: "rows")
    step = monitor_workflow_step("checkout", "pay", monitor=monitor)(lambda: "paid")

    assert ("rows", "paid") == (db(), step())
    assert [] == series(monitor, "mcp_db_operations_total")


def test_names_made_up_at_run_time_do_not_pile_up(monitor) -> None:
    """Context managers with ever new names end in the overflow series, and every one is counted."""
    for number in range(5000):
        with monitor_db_operation("select", f"table{number}", monitor=monitor):
            pass

    counted = series(monitor, "mcp_db_operations_total")
    assert 5000 == sum(number for _, number in counted)
    assert len(counted) <= 2001
    assert 3000 == value(
        monitor, "mcp_db_operations_total", operation="_overflow", table="_overflow", status="_overflow"
    )
