"""Lazy attributes, without a lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
Self = TypeVar("Self", bound="lazy[Any]")


class lazy(Generic[T]):
    """A property that is worked out once: `functools.cached_property` as it is from Python 3.12 on.

    Before that it has one lock for all objects, held while it is worked out: a child that is forked meanwhile
    by another thread would wait for it for ever. Here two threads may work it out at once.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Python says what it is called."""
        self._name = name

    @overload
    def __get__(self: Self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object, owner: type) -> Any:
        """Worked out when it is first asked for; from then on it is found in the object itself."""
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._function(instance)
        return found
