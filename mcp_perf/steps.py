"""Steps: one way through some work, whether what it has to wait for is waited for or awaited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

Wait = TypeVar("Wait")
Result = TypeVar("Result")

# Yields what has to be waited for, is sent what came of it, and returns the result.
Steps = Generator[Wait, Any, Result]


def run(steps: Steps[Wait, Result], wait: Callable[[Wait], Any]) -> Result:
    """The result of the steps, with `wait` for each of their waits; raises what that or they raise."""
    found = None
    while True:
        try:
            one = steps.send(found)
        except StopIteration as end:
            result: Result = end.value
            return result
        found = wait(one)


async def run_async(steps: Steps[Wait, Result], wait: Callable[[Wait], Awaitable[Any]]) -> Result:
    """The same, with what `wait` gives awaited."""
    found = None
    while True:
        try:
            one = steps.send(found)
        except StopIteration as end:
            result: Result = end.value
            return result
        found = await wait(one)
