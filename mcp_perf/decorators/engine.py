"""The engine: one wrapper for each kind of callable, each the same three moves around the call.

The wrapper is of the kind it wraps, so that whoever asks (`inspect`, asgiref, a framework) is told what it
would be told without us. Exceptions pass through untouched.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Generator
from functools import partial, update_wrapper
from typing import Any, Protocol

from .kinds import Kind, binds, is_awaitable_generator, kind_of
from .recorders import Recorder, Token


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
        return _stand_in(target, wrapper)
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


class _StandIn:
    """Stands in for a callable object, whose own is all but the call, copies and pickles too."""

    __slots__ = ("__dict__", "__wrapped__")

    def __init__(self, target: Any) -> None:
        object.__setattr__(self, "__wrapped__", target)

    def __getattr__(self, name: str) -> Any:
        if name == "__wrapped__":  # not there yet: no object to ask
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__wrapped__, name, value)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__wrapped__.__reduce_ex__(protocol)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.__wrapped__)


def _stand_in(target: Any, wrapper: Callable[..., Any]) -> Any:
    names: dict[str, Any] = {
        name: _forwarding(name)
        for name in dir(type(target))
        if name[:2] == "__" and not hasattr(_StandIn, name) and callable(getattr(type(target), name, None))
    }
    names.pop("__get__", None)  # it would give the bare object instead
    names |= {"__slots__": (), "__call__": staticmethod(wrapper), "__doc__": getattr(target, "__doc__", None)}
    return type(type(target).__name__, (_StandIn,), names)(target)


def _forwarding(name: str) -> Callable[..., Any]:
    """A special method, which Python looks for in the class alone, that asks the object stood in for."""

    def method(self: _StandIn, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.__wrapped__, name)(*args, **kwargs)

    return method
