"""What a call costs more when it is decorated."""

from __future__ import annotations

from contextlib import nullcontext

import minimum_calls as minimum
from measure import BARE, MINIMUM, Subject, Variant
from work import Work, awaited, repeated

from mcp_perf import PerformanceMonitor, monitor_call, monitor_db_operation, monitor_workflow_step

TARGET = 1.5


def compare(title: str, work, bare, least, target: float | None = None) -> Subject:
    """`bare`, `least` and the three decorators, each given to `work`."""
    monitor = PerformanceMonitor(registry=None)
    call = monitor_call("name", monitor=monitor)
    operation = monitor_db_operation("select", "users", monitor=monitor)
    step = monitor_workflow_step("order", "pay", monitor=monitor)
    return Subject(
        title,
        {
            BARE: Variant(lambda: work(bare)),
            MINIMUM: Variant(lambda: work(least)),
            "monitor_call": Variant(lambda: work(call), target=target),
            "monitor_db_operation": Variant(lambda: work(operation), target=target),
            "monitor_workflow_step": Variant(lambda: work(step), target=target),
        },
    )


def as_it_is(target):
    return target


def function() -> Subject:
    def nothing():
        return None

    def work(decorate) -> Work:
        return repeated(decorate(nothing))

    return compare("A function", work, as_it_is, minimum.timed("name"), TARGET)


def coroutine() -> Subject:
    async def nothing():
        return None

    def work(decorate) -> Work:
        return awaited(decorate(nothing))

    return compare("A coroutine function", work, as_it_is, minimum.async_timed("name"), TARGET)


def generator() -> Subject:
    def three():
        yield 1
        yield 2
        yield 3

    def work(decorate) -> Work:
        decorated = decorate(three)
        return repeated(lambda: list(decorated()))

    return compare("A generator of 3 items", work, as_it_is, minimum.generator_timed("name"))


def async_generator() -> Subject:
    async def three():
        yield 1
        yield 2
        yield 3

    def work(decorate) -> Work:
        decorated = decorate(three)

        async def drain():
            async for _ in decorated():
                pass

        return awaited(drain)

    return compare("An async generator of 3 items", work, as_it_is, minimum.async_generator_timed("name"))


def block() -> Subject:
    def work(manager) -> Work:
        def call():
            with manager:
                pass

        return repeated(call)

    return compare("A with block", work, nullcontext(), minimum.Blocks("name"))


SUBJECTS = {
    "function": function,
    "coroutine": coroutine,
    "generator": generator,
    "async-generator": async_generator,
    "block": block,
}
