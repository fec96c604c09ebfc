"""Where one process writes for all: with the files that workers share, or in its memory if it is alone."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..storage.atomic import Lock
from ..workers.system.descriptors import Identity, identity, identity_of
from ..workers.system.leadership import Leadership
from .segments import FileStore, MemoryStore, Store


class Home:
    """Finds the store, which is called `name` where there are several workers.

    `directory` gives a descriptor of the directory that they share, or None.
    """

    def __init__(self, directory: Callable[[], int | None], name: str = "history") -> None:
        self._directory = directory
        self._name = name
        self._memory = MemoryStore()
        self._shared: _Shared | None = None
        self._lock = Lock()

    def store(self) -> Store:
        """Where it is now; raises OSError where that cannot be had."""
        return self._shared.store if self._find() and self._shared is not None else self._memory

    def is_shared(self) -> bool:
        """Whether there is a directory that workers share, as far as this process knows."""
        return self._directory() is not None

    def is_mine_to_write(self) -> bool:
        """Whether this process is the one that writes it; raises OSError."""
        if not self._find() or self._shared is None:
            return True
        return self._shared.leadership.is_mine()

    def leave(self) -> None:
        """Let another process write from now on."""
        if self._shared is not None:
            self._shared.leadership.leave()

    def forked(self) -> None:
        """This is a child: what is in memory is the parent's."""
        self._memory = MemoryStore()
        self._shared = None

    def _find(self) -> bool:
        """Whether there is a directory, which is open then."""
        with self._lock:
            parent = self._directory()
            if parent is None:
                self._shared = None
                return False
            if self._shared is None or not self._shared.is_in(parent):
                self._shared = _Shared(parent, self._name)
            # Somebody who was alone is not any more.
            self._memory.move(self._shared.store)
            return True


class _Shared:
    """A store in the directory behind a descriptor, and the right to write to it."""

    def __init__(self, parent: int, name: str) -> None:
        self._name = name
        self.store = FileStore(parent, name)
        self.leadership = Leadership(self.store.directory)
        self._identity: Identity = identity(self.store.directory)

    def is_in(self, parent: int) -> bool:
        """Whether it is the one that is there now."""
        try:
            return identity_of(os.stat(self._name, dir_fd=parent, follow_symlinks=False)) == self._identity
        except OSError:
            return False
