"""Forks: who is told that there will be a child, and in it that it is one."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterable
from itertools import count
from typing import Protocol, TypeVar
from weakref import WeakSet, WeakValueDictionary

T = TypeVar("T")

logger = logging.getLogger("mcp_perf")


class Forkable(Protocol):
    """Something that is another thing in a child than in its parent."""

    def forked(self) -> None:
        """This is the child; only the thread that has forked is here."""


class Parent(Protocol):
    """Something that makes ready for children."""

    def forking(self) -> None:
        """There will be a child at once. Waits for what another thread holds for a moment only."""


class Lockable(Protocol):
    """Something that a thread may hold which is not there in the child."""

    def forked(self) -> None:
        """This is the child: nobody holds it."""


_locks: WeakSet[Lockable] = WeakSet()
_others: WeakSet[Forkable] = WeakSet()
# By the order in which they came, which is that in which they are told.
_parents: WeakValueDictionary[int, Parent] = WeakValueDictionary()
_numbers = count()


def follow(one: Forkable) -> None:
    """Have `one` told in every child from now on."""
    _others.add(one)
    _follow_uwsgi()


def expect(one: Parent) -> None:
    """Have `one` told before every fork from now on, after all that were here before it."""
    _parents[next(_numbers)] = one


def follow_lock(one: Lockable) -> None:
    """Have `one` told in every child from now on, before all that may need it."""
    _locks.add(one)


def _follow_uwsgi() -> None:
    """Be told of the forks of uWSGI, which makes them without telling the interpreter."""
    if "uwsgi" in sys.modules:
        try:
            chain = importlib.import_module("uwsgidecorators").postfork_chain
            if _tell not in chain:
                chain.insert(0, _tell)  # first, since what the user has there may measure
        except Exception:
            logger.exception("mcp_perf cannot be told of uWSGI's forks")


def _all(some: Callable[[], Iterable[T]]) -> list[T]:
    while True:
        try:
            return list(some())
        except RuntimeError:  # another thread has added one meanwhile
            continue


def _announce() -> None:
    for _, one in sorted(_all(_parents.items)):
        try:
            one.forking()
        except Exception:
            logger.exception("mcp_perf cannot make ready for a fork")


class _Known:
    pid = os.getpid()


def notice() -> None:
    """See whether this is a child that nobody was told of; not to be called by who holds a `Lock`."""
    if os.getpid() != _Known.pid:
        _tell()


def _tell() -> None:
    _Known.pid = os.getpid()
    for one in [*_all(_locks.__iter__), *_all(_others.__iter__)]:
        try:
            one.forked()
        except Exception:
            logger.exception("mcp_perf cannot begin anew in a child")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_announce, after_in_child=_tell)
