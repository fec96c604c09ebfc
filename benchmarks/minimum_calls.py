"""What a careful engineer would write by hand around a call: the critical section of `minimum`, no more."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from functools import wraps
from threading import Lock
from time import perf_counter

from minimum import BOUNDS, Cell


def timed(name):
    """A decorator for functions."""
    cells = defaultdict(Cell)
    lock = Lock()

    def decorate(function):
        @wraps(function)
        def call(*args, **kwargs):
            start = perf_counter()
            status = "success"
            try:
                return function(*args, **kwargs)
            except BaseException:
                status = "error"
                raise
            finally:
                elapsed = perf_counter() - start
                with lock:
                    cell = cells[name, status]
                    cell.count += 1
                    cell.sum += elapsed
                    cell.buckets[bisect_left(BOUNDS, elapsed)] += 1

        return call

    return decorate


def async_timed(name):
    """A decorator for coroutine functions."""
    cells = defaultdict(Cell)
    lock = Lock()

    def decorate(function):
        @wraps(function)
        async def call(*args, **kwargs):
            start = perf_counter()
            status = "success"
            try:
                return await function(*args, **kwargs)
            except BaseException:
                status = "error"
                raise
            finally:
                elapsed = perf_counter() - start
                with lock:
                    cell = cells[name, status]
                    cell.count += 1
                    cell.sum += elapsed
                    cell.buckets[bisect_left(BOUNDS, elapsed)] += 1

        return call

    return decorate


def generator_timed(name):
    """A decorator for generator functions."""
    cells = defaultdict(Cell)
    lock = Lock()

    def decorate(function):
        @wraps(function)
        def call(*args, **kwargs):
            start = perf_counter()
            status = "success"
            try:
                return (yield from function(*args, **kwargs))
            except BaseException:
                status = "error"
                raise
            finally:
                elapsed = perf_counter() - start
                with lock:
                    cell = cells[name, status]
                    cell.count += 1
                    cell.sum += elapsed
                    cell.buckets[bisect_left(BOUNDS, elapsed)] += 1

        return call

    return decorate


def async_generator_timed(name):
    """A decorator for async generator functions that nobody sends or throws anything into."""
    cells = defaultdict(Cell)
    lock = Lock()

    def decorate(function):
        @wraps(function)
        async def call(*args, **kwargs):
            start = perf_counter()
            status = "success"
            try:
                async for item in function(*args, **kwargs):
                    yield item
            except BaseException:
                status = "error"
                raise
            finally:
                elapsed = perf_counter() - start
                with lock:
                    cell = cells[name, status]
                    cell.count += 1
                    cell.sum += elapsed
                    cell.buckets[bisect_left(BOUNDS, elapsed)] += 1

        return call

    return decorate


class Blocks:
    """A context manager that is entered again and again, in one thread and without nesting."""

    def __init__(self, name):
        self.name = name
        self.cells = defaultdict(Cell)
        self.lock = Lock()

    def __enter__(self):
        self.start = perf_counter()

    def __exit__(self, kind, error, traceback):
        elapsed = perf_counter() - self.start
        status = "error" if error is not None else "success"
        with self.lock:
            cell = self.cells[self.name, status]
            cell.count += 1
            cell.sum += elapsed
            cell.buckets[bisect_left(BOUNDS, elapsed)] += 1
