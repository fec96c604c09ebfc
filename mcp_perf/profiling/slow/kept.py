"""Where slow requests are kept: the newest of all workers, also of those that have died.

Each is a file of its own in the directory that workers share, or is in the memory of a process that is alone.
Its name begins with when it has ended: so the newest are known by their names, and whoever adds one removes
those that are too many.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import count

from ...history.segments import FileStore, MemoryStore, Store, record, records
from ...storage.atomic import Lock
from ...workers.system.descriptors import Identity, identity, identity_of
from .requests import SlowRequest, read, written

_NAME = "slow"
_MICRO = 1e6


class Kept:
    """The newest `most`; `directory` gives a descriptor of the directory that workers share, or None."""

    def __init__(self, directory: Callable[[], int | None], most: int) -> None:
        self._directory = directory
        self._most = most
        self._memory = MemoryStore()
        self._shared: tuple[FileStore, Identity] | None = None
        self._numbers = count()
        self._lock = Lock()

    def add(self, requests: Iterable[SlowRequest]) -> None:
        """Keep these, too, as far as they are among the newest; raises OSError."""
        with self._lock:
            store = self._store()
            for one in sorted(requests, key=lambda one: one.ended_at)[-self._most :]:
                name = f"{int(one.ended_at * _MICRO):017d}-{one.pid}-{next(self._numbers)}"
                store.append(name, record(written(one)), 0)
            for name in sorted(store.sizes(), reverse=True)[self._most :]:
                store.remove(name)

    def read(self) -> list[SlowRequest]:
        """All of them, the newest first; raises OSError."""
        with self._lock:
            store = self._store()
            found = []
            for name in sorted(store.sizes(), reverse=True)[: self._most]:
                try:
                    found += [read(payload) for payload, _ in records(store.read(name))]
                except (ValueError, TypeError, KeyError):  # of another version
                    continue
            return found

    def forked(self) -> None:
        """This is a child: what is in memory is the parent's."""
        self._memory = MemoryStore()
        self._shared = None

    def _store(self) -> Store:
        parent = self._directory()
        if parent is None:
            self._shared = None
            return self._memory
        if self._shared is None or not _is_in(parent, self._shared[1]):
            store = FileStore(parent, _NAME)
            self._shared = store, identity(store.directory)
        # Somebody who was alone is not any more.
        self._memory.move(self._shared[0])
        return self._shared[0]


def _is_in(parent: int, known: Identity) -> bool:
    """Whether the directory of that identity is the one that is there now."""
    try:
        return identity_of(os.stat(_NAME, dir_fd=parent, follow_symlinks=False)) == known
    except OSError:
        return False
