"""Forks: who is told that there will be a child, and in it that it is one."""

from __future__ import annotations

import logging
import os
from typing import Protocol
from weakref import WeakSet

logger = logging.getLogger("mcp_perf")


class Forkable(Protocol):
    """Something that is another thing in a child than in its parent."""

    def forking(self) -> None:
        """There will be a child at once. Does not wait for what another thread holds."""

    def forked(self) -> None:
        """This is the child; only the thread that has forked is here."""


class Lockable(Protocol):
    """Something that a thread may hold which is not there in the child."""

    def forked(self) -> None:
        """This is the child: nobody holds it."""


_locks: WeakSet[Lockable] = WeakSet()
_others: WeakSet[Forkable] = WeakSet()


def follow(one: Forkable) -> None:
    """Have `one` told of every fork from now on."""
    _others.add(one)


def follow_lock(one: Lockable) -> None:
    """Have `one` told in every child from now on, before all that may need it."""
    _locks.add(one)


def _announce() -> None:
    for one in list(_others):
        try:
            one.forking()
        except Exception:
            logger.exception("mcp_perf cannot make ready for a fork")


def _tell() -> None:
    for one in [*_locks, *_others]:
        try:
            one.forked()
        except Exception:
            logger.exception("mcp_perf cannot begin anew in a child")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_announce, after_in_child=_tell)
