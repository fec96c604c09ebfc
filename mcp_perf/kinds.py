"""What kind of callable something is, decided once, when decorating."""

from __future__ import annotations

import inspect
import sys
from enum import Enum
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction


class Kind(Enum):
    """What a call gives: a result, an awaitable, a generator or an async generator."""

    FUNCTION = "function"
    COROUTINE = "coroutine function"
    GENERATOR = "generator function"
    ASYNC_GENERATOR = "async generator function"


def kind_of(target: Any) -> Kind:
    """The kind of `target`, seen through `functools.partial` and the ``__call__`` of an object.

    Marks count (`asgiref.sync.markcoroutinefunction`, `inspect.markcoroutinefunction`); what `__wrapped__`
    points to does not, since a wrapper may be of another kind than what it wraps.
    """
    while isinstance(target, partial):
        target = target.func
    for candidate in (target, getattr(type(target), "__call__", None)):  # noqa: B004
        if inspect.isasyncgenfunction(candidate):
            return Kind.ASYNC_GENERATOR
        if inspect.isgeneratorfunction(candidate):
            return Kind.GENERATOR
        if iscoroutinefunction(candidate):
            return Kind.COROUTINE
        if inspect.isroutine(target):
            break
    return Kind.FUNCTION


def binds(target: Any) -> bool:
    """Whether `target` becomes a method where it lies in a class, as functions and `lru_cache`s do.

    What does not (an object, a partial, a built-in) is stood in for by an object, which does not either.
    """
    # A partial has had __get__ since 3.13, which only warns that it will bind one day.
    return hasattr(type(target), "__get__") and (
        sys.version_info >= (3, 14) or not isinstance(target, partial)
    )


def is_awaitable_generator(target: Any) -> bool:
    """Whether `target` is a generator function whose generators may be awaited (`types.coroutine`)."""
    code = getattr(target, "__code__", None)
    return code is not None and bool(code.co_flags & inspect.CO_ITERABLE_COROUTINE)
