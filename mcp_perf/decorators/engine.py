"""The engine: one wrapper for each kind of callable, each the same three moves around the call.

The wrapper is of the kind it wraps, so that whoever asks (`inspect`, asgiref, a framework) is told what it
would be told without us. Exceptions pass through untouched.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Generator
from functools import partial, update_wrapper
from typing import Any, Protocol

from ..kinds import Kind, binds, is_awaitable_generator, kind_of
from .company import Token
from .recorders import Recorder
from .stand_in import stand_in


class Bound(Protocol):
    """Something that has a recorder from its first use on."""

    value: Recorder | None

    def bind(self) -> Recorder:
        """Find the recorder and keep it as `value`."""


def wrap(target: Callable[..., Any], bound: Bound) -> Any:
    """`target`, timed."""
    wrapper = update_wrapper(_WRAPPERS[kind_of(target)](target, bound), target)
    if is_awaitable_generator(target):
        return types.coroutine(wrapper)
    if not binds(target):
        return stand_in(target, wrapper)
    if not isinstance(target, (types.FunctionType, types.MethodType)):
        # What an `lru_cache` or a compiled function has beside its call.
        for name in dir(target):
            if not name.startswith("__") and not hasattr(wrapper, name):
                setattr(wrapper, name, getattr(target, name))
    return wrapper


def _function(target: Callable[..., Any], bound: Bound) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = bound.value or bound.bind()
        begin = recorder.begin
        token = begin()
        try:
            result = target(*args, **kwargs)
        except BaseException as error:
            recorder.failed(token, error)
            raise
        recorder.succeeded(token)
        return result

    return call


def _coroutine(target: Callable[..., Any], bound: Bound) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        recorder = bound.value or bound.bind()
        begin = recorder.begin
        token = begin()
        try:
            result = await target(*args, **kwargs)
        except BaseException as error:
            recorder.failed(token, error)
            raise
        recorder.succeeded(token)
        return result

    return call


def _generator(target: Callable[..., Any], bound: Bound) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = bound.value or bound.bind()
        begin = recorder.begin
        token = begin()
        if recorder.resumes:
            token = recorder.detach(token)
        try:
            generator = target(*args, **kwargs)
            result = yield from (_bracketed(generator, recorder, token) if recorder.resumes else generator)
        except BaseException as error:
            recorder.failed(token, error)
            raise
        recorder.succeeded(token)
        return result

    return call


def _bracketed(generator: Any, recorder: Recorder, token: Token) -> Generator[Any, Any, Any]:
    """``yield from generator`` (PEP 380) with every step between `resume` and `suspend`."""
    step: Callable[[], Any] = partial(next, generator)
    while True:
        running = recorder.resume(token)
        try:
            item = step()
        except StopIteration as stop:
            return stop.value
        finally:
            recorder.suspend(running)
        try:
            sent = yield item
        except GeneratorExit:
            running = recorder.resume(token)
            try:
                generator.close()
            finally:
                recorder.suspend(running)
            raise
        except BaseException as error:
            step = partial(generator.throw, error)
        else:
            step = partial(generator.send, sent)


def _async_generator(target: Callable[..., Any], bound: Bound) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        recorder = bound.value or bound.bind()
        begin = recorder.begin
        token = recorder.detach(begin())
        try:
            generator = target(*args, **kwargs)
            step = generator.__anext__()
            while True:
                running = recorder.resume(token)
                try:
                    item = await step
                finally:
                    recorder.suspend(running)
                try:
                    sent = yield item
                except GeneratorExit:
                    running = recorder.resume(token)
                    try:
                        await generator.aclose()
                    finally:
                        recorder.suspend(running)
                    raise
                except BaseException as error:
                    step = generator.athrow(error)
                else:
                    step = generator.asend(sent)
        except StopAsyncIteration:
            recorder.succeeded(token)
        except BaseException as error:
            recorder.failed(token, error)
            raise

    return call


_WRAPPERS: dict[Kind, Callable[[Callable[..., Any], Bound], Callable[..., Any]]] = {
    Kind.FUNCTION: _function,
    Kind.COROUTINE: _coroutine,
    Kind.GENERATOR: _generator,
    Kind.ASYNC_GENERATOR: _async_generator,
}
