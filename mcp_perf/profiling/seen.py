"""What is seen of one thread or task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Generic, TypeVar

from .visits import Visit

T = TypeVar("T")
# What is kept of frames, innermost first: never themselves, since they hold all variables.
Keep = Callable[[Sequence[FrameType]], T]


@dataclass(slots=True)  # not frozen, which makes them slow to make
class Seen(Generic[T]):
    """One thread or task, and what was kept of its `stack`.

    That is without the frames of a server, of whom it is the work for a `visit`, which was being served
    then. Further out there may be more of it, which `is_cut` says. What waits `is_idle`; `native` is what
    `Looker.rests` needs to know of a thread.
    """

    name: str
    stack: T
    is_cut: bool
    is_idle: bool
    visit: Visit | None
    native: int | None = None


def served(visit: Visit | None) -> Visit | None:
    """A visit, if it goes on; from now on it keeps its route when it ends."""
    if visit is None:
        return None
    visit.is_seen = True  # first, since it may end at any moment
    return visit if goes_on(visit) else None


def goes_on(visit: Visit | None) -> bool:
    """Whether work for a visit is still for it; that for none is."""
    return visit is None or visit.exchange is not None


def thread_name(thread: Any, ident: int) -> str:
    """A thread's name; one that has none to tell, or is not Python's, has its number."""
    try:
        name = thread.name
    except Exception:
        name = None
    return name if isinstance(name, str) else f"thread {ident}"


def task_name(task: Any) -> str:
    """A task's name, "task" for one that has none to tell."""
    try:
        name = task.get_name()
    except Exception:
        name = None
    return name if isinstance(name, str) else "task"
