"""Where slow requests are kept: the newest of all workers, also of those that have died.

Each is a file of its own in the directory that workers share, or is in the memory of a process that is alone,
also for as long as that directory is gone.
Its name begins with when it has ended, or more than what was there before if the clock was set back: so the
newest are known by their names, and whoever adds one removes those that are too many.
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
    """The newest `most`; `directory` gives a descriptor of the directory that workers share, or None.

    `now` gives the seconds since the epoch.
    """

    def __init__(self, directory: Callable[[], int | None], most: int, now: Callable[[], float]) -> None:
        self._now = now
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
            last = max((int(name[:17]) for name in _names(store)), default=0)
            for one in sorted(requests, key=lambda one: one.ended_at)[-self._most :]:
                when = int(one.ended_at * _MICRO)
                if last > self._now() * _MICRO:
                    when = last = last + 1
                name = f"{when:017d}-{one.pid}-{next(self._numbers)}"
                try:
                    store.append(name, record(written(one)), 0)
                except OSError:  # no room, say, which those that are there are not to suffer from
                    store.remove(name)
                    raise
            for name in _names(store)[self._most :]:
                store.remove(name)

    def read(self) -> list[SlowRequest]:
        """All of them, the newest first; raises OSError."""
        with self._lock:
            store = self._store()
            found = []
            for name in _names(store)[: self._most]:
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
            try:
                store = FileStore(parent, _NAME)
            except FileNotFoundError:  # it was removed: until there is another one this process is alone
                self._shared = None
                return self._memory
            self._shared = store, identity(store.directory)
        # Somebody who was alone is not any more.
        self._memory.move(self._shared[0])
        return self._shared[0]


def _names(store: Store) -> list[str]:
    """Of those that are whole, the newest first."""
    sizes = store.sizes()
    return sorted((name for name, size in sizes.items() if size and name[:17].isdigit()), reverse=True)


def _is_in(parent: int, known: Identity) -> bool:
    """Whether the directory of that identity is the one that is there now."""
    try:
        return identity_of(os.stat(_NAME, dir_fd=parent, follow_symlinks=False)) == known
    except OSError:
        return False
