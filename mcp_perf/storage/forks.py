"""Forks: who is told in the child that it is one."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something that is another thing in a child than in its parent."""

    def forked(self) -> None:
        """This is the child; only the thread that has forked is here."""


_locks: WeakSet[Forkable] = WeakSet()
_others: WeakSet[Forkable] = WeakSet()


def follow(one: Forkable, *, is_lock: bool = False) -> None:
    """Have `one` told in every child from now on; locks are told first."""
    (_locks if is_lock else _others).add(one)


def _tell() -> None:
    for one in [*_locks, *_others]:
        one.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_tell)
