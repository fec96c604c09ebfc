"""A stand-in for a callable object that is decorated: the object itself in everything but its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


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

    def __delattr__(self, name: str) -> None:
        delattr(self.__wrapped__, name)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__wrapped__.__reduce_ex__(protocol)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.__wrapped__)


# What the stand-in does itself, what makes and ends an object, and what gives the bare one (``__get__``).
_NOT_FORWARDED = {*vars(_StandIn), "__new__", "__init__", "__del__", "__get__", "__getattribute__"} | {
    *("__class_getitem__", "__init_subclass__", "__subclasshook__", "__getstate__", "__reduce__")
}


def stand_in(target: Any, wrapper: Callable[..., Any]) -> Any:
    """What behaves as `target` in everything but its call, which is `wrapper`."""
    kind = type(target)
    names: dict[str, Any] = {
        name: _forwarding(name)
        for name in dir(kind)
        if name[:2] == "__" and name not in _NOT_FORWARDED and _is_its_own(kind, name)
    }
    names |= {"__slots__": (), "__call__": staticmethod(wrapper), "__doc__": getattr(target, "__doc__", None)}
    return type(type(target).__name__, (_StandIn,), names)(target)


def _is_its_own(kind: type, name: str) -> bool:
    """Whether `kind` has a special method that is not every object's."""
    found = getattr(kind, name, None)
    return callable(found) and found is not getattr(object, name, None)


def _forwarding(name: str) -> Callable[..., Any]:
    """A special method, which Python looks for in the class alone, that asks the object stood in for."""

    def method(self: _StandIn, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.__wrapped__, name)(*args, **kwargs)

    return method
