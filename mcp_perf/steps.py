"""Steps: one way through some work, whether what it has to wait for is waited for or awaited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, TypeVar

Wait = TypeVar("Wait")
Result = TypeVar("Result")

# Yields what has to be waited for, is sent or thrown what came of it, and returns the result.
Steps = Generator[Wait, Any, Result]


def run(steps: Steps[Wait, Result], wait: Callable[[Wait], Any]) -> Result:
    """The result of the steps, with `wait` for each of their waits; raises what they raise."""
    step: Callable[[], Wait] = partial(steps.send, None)
    while True:
        try:
            one = step()
        except StopIteration as end:
            result: Result = end.value
            return result
        try:
            step = partial(steps.send, wait(one))
        except BaseException as error:
            step = partial(steps.throw, error)


async def run_async(steps: Steps[Wait, Result], wait: Callable[[Wait], Awaitable[Any]]) -> Result:
    """The same, with what `wait` gives awaited."""
    step: Callable[[], Wait] = partial(steps.send, None)
    while True:
        try:
            one = step()
        except StopIteration as end:
            result: Result = end.value
            return result
        try:
            step = partial(steps.send, await wait(one))
        except BaseException as error:
            step = partial(steps.throw, error)
