"""What kind of callable something is: one predicate, for all that Python has."""

from __future__ import annotations

import copy
import functools
import gc
import inspect
import pickle
import sys
import time
import types
from unittest.mock import AsyncMock, Mock

import pytest
from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from mcp_perf import PerformanceMonitor, monitor_call
from mcp_perf.kinds import Kind, kind_of


def function(a: int, b: str = "b", *rest: object, key: object = None, **more: object) -> str:
    """What it does."""
    return f"{a}{b}"


async def coroutine(a: int) -> int:
    return a


def generator(a: int):
    yield a


async def async_generator(a: int):
    yield a


class Callable:
    """A callable object."""

    attribute = "its own"

    def __call__(self, a: int) -> int:
        return a


class Basket:
    def __init__(self, items):
        self.items = items

    def __call__(self) -> None: ...

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place):
        return self.items[place]


class AsyncCallable:
    async def __call__(self, a: int) -> int:
        return a


class GeneratorCallable:
    def __call__(self, a: int):
        yield a


class Methods:
    def function(self, a: int) -> int:
        return a

    async def coroutine(self, a: int) -> int:
        return a

    @classmethod
    async def of_class(cls, a: int) -> int:
        return a


@functools.wraps(coroutine)
def sync_wrapper_of_a_coroutine_function(a: int) -> int:
    return a


@functools.lru_cache
def cached(a: int) -> int:
    return a


CASES = [
    (function, Kind.FUNCTION),
    (coroutine, Kind.COROUTINE),
    (generator, Kind.GENERATOR),
    (async_generator, Kind.ASYNC_GENERATOR),
    (lambda a: a, Kind.FUNCTION),
    (functools.partial(function, 1), Kind.FUNCTION),
    (functools.partial(coroutine, 1), Kind.COROUTINE),
    (functools.partial(functools.partial(generator), 1), Kind.GENERATOR),
    (functools.partial(async_generator, 1), Kind.ASYNC_GENERATOR),
    (functools.partial(AsyncCallable(), 1), Kind.COROUTINE),
    (Callable(), Kind.FUNCTION),
    (AsyncCallable(), Kind.COROUTINE),
    (GeneratorCallable(), Kind.GENERATOR),
    (Methods().function, Kind.FUNCTION),
    (Methods().coroutine, Kind.COROUTINE),
    (Methods.of_class, Kind.COROUTINE),
    (sync_wrapper_of_a_coroutine_function, Kind.FUNCTION),
    (cached, Kind.FUNCTION),
    (time.sleep, Kind.FUNCTION),
    (str.upper, Kind.FUNCTION),
    (Mock(), Kind.FUNCTION),
    (AsyncMock(), Kind.COROUTINE),
    (markcoroutinefunction(lambda a: coroutine(a)), Kind.COROUTINE),
    (markcoroutinefunction(Callable()), Kind.COROUTINE),
]
IDS = [
    f"{place}-{kind.name}-{getattr(target, '__name__', type(target).__name__)}"
    for place, (target, kind) in enumerate(CASES)
]


@pytest.mark.parametrize(("target", "expected"), CASES, ids=IDS)
def test_kind(target: object, expected: Kind) -> None:
    """Each callable has the kind of what its call gives."""
    assert expected == kind_of(target)


def answers(target: object) -> dict[str, object]:
    return {
        "iscoroutinefunction": inspect.iscoroutinefunction(target),
        "isgeneratorfunction": inspect.isgeneratorfunction(target),
        "isasyncgenfunction": inspect.isasyncgenfunction(target),
        "asgiref": iscoroutinefunction(target),
        "callable": callable(target),
        "partial": isinstance(target, functools.partial),
        "name": getattr(target, "__name__", None),
        "doc": getattr(target, "__doc__", None),
        # On 3.13 a partial has __get__, which warns and binds nothing yet.
        "binds": hasattr(type(target), "__get__") and not isinstance(target, functools.partial),
    }


@pytest.mark.parametrize(("target", "_kind"), CASES, ids=IDS)
def test_nothing_tells_a_decorated_callable_from_a_bare_one(target: object, _kind: Kind) -> None:
    """`inspect` and asgiref say of a decorated callable what they say of the bare one."""
    decorated = monitor_call("x", monitor=PerformanceMonitor(registry=None))(target)
    expected = answers(target)
    if sys.version_info < (3, 12) and expected["asgiref"]:
        # There asgiref's mark is not one that `inspect` knows; what is marked becomes what it says it is.
        expected.pop("iscoroutinefunction")

    assert expected == {name: answer for name, answer in answers(decorated).items() if name in expected}


@pytest.mark.parametrize(
    "target",
    [function, coroutine, functools.partial(function, 1), Callable()],
    ids=["function", "coroutine", "partial", "object"],
)
def test_signature_is_kept(target: object) -> None:
    """A decorated callable has the signature of the bare one."""
    decorated = monitor_call("x", monitor=PerformanceMonitor(registry=None))(target)

    assert inspect.signature(target) == inspect.signature(decorated)


def test_object_keeps_its_special_methods_copies_and_pickles() -> None:
    """A decorated object has a length, is copied and pickled as the bare one."""
    target = Basket([1, 2])
    decorated = monitor_call("x", monitor=PerformanceMonitor(registry=None))(target)
    part = monitor_call("x", monitor=PerformanceMonitor(registry=None))(functools.partial(max, 1))

    assert (2, 1) == (len(decorated), decorated[0])
    assert [1, 2] == copy.copy(decorated).items == copy.deepcopy(decorated).items
    assert 5 == pickle.loads(pickle.dumps(part))(5)


def test_object_is_compared_and_printed_as_itself() -> None:
    """What a class says of equality, order, hash and text holds for its decorated object; it ends once."""
    ended = []

    @functools.total_ordering
    class Price:
        def __init__(self, cents):
            self.cents = cents

        def __call__(self):
            return self.cents

        def __eq__(self, other):
            return self.cents == other.cents

        def __lt__(self, other):
            return self.cents < other.cents

        def __hash__(self):
            return hash(self.cents)

        def __str__(self):
            return f"{self.cents} cents"

        def __format__(self, width):
            return str(self).rjust(int(width))

        def __del__(self):
            ended.append(self.cents)

    decorated = monitor_call("x", monitor=PerformanceMonitor(registry=None))(Price(5))

    assert decorated == Price(5)
    assert Price(4) < decorated < Price(6)
    assert hash(5) == hash(decorated)
    assert ("5 cents", "  5 cents") == (str(decorated), f"{decorated:9}")
    del decorated.cents
    decorated.cents = 7
    ended.clear()
    del decorated
    gc.collect()
    assert [7] == ended


def test_cache_keeps_its_methods() -> None:
    """A decorated `lru_cache` can still be asked and cleared."""
    decorated = monitor_call("x", monitor=PerformanceMonitor(registry=None))(functools.lru_cache(lambda a: a))
    decorated(1)
    assert 1 == decorated.cache_info().currsize
    decorated.cache_clear()
    assert 0 == decorated.cache_info().currsize


def test_awaitable_generator_stays_one() -> None:
    """What `types.coroutine` made can be awaited and iterated as before."""

    @types.coroutine
    def low_level(a):
        yield
        return a

    async def use(function):
        return await function("result")

    for function in (low_level, monitor_call("x", monitor=PerformanceMonitor(registry=None))(low_level)):
        coroutine = use(function)
        coroutine.send(None)
        with pytest.raises(StopIteration) as stop:
            coroutine.send(None)
        assert "result" == stop.value.value


def test_callable_object_stays_that_object_but_for_the_call() -> None:
    """Attributes of a decorated object are read from and written to the object itself."""
    target = Callable()
    decorated = monitor_call("x", monitor=PerformanceMonitor(registry=None))(target)
    decorated.new = "new"

    assert ("its own", "new", "new") == (decorated.attribute, decorated.new, target.new)
    assert isinstance(decorated, Callable)
    assert repr(target) == repr(decorated)
