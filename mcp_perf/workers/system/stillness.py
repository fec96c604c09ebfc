"""Stillness: that nothing in a directory has come, gone or been replaced, told without listing it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

# What changes a directory leaves no trace within a tick: of the system's clock, or of a file system that has
# no fractions of a second, or not of each.
_TICK_NS = 50_000_000
_LONG_TICK_NS = 2_100_000_000
_SECOND_NS = 1_000_000_000


class Stillness:
    """Watches the directory behind a descriptor."""

    def __init__(self, directory: int) -> None:
        self._directory = directory
        self._since: int | None = None

    def holds(self) -> bool:
        """Whether all is as it was when it was listed; raises OSError."""
        return self._since is not None and os.fstat(self._directory).st_mtime_ns == self._since

    @contextmanager
    def listing(self) -> Iterator[None]:
        """The directory is listed meanwhile, in vain where that raises; raises OSError itself."""
        changed = os.fstat(self._directory).st_mtime_ns
        tick = _TICK_NS if changed % _SECOND_NS else _LONG_TICK_NS
        self._since = changed if abs(time.time_ns() - changed) > tick else None
        try:
            yield
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """What was seen is not all that there is, or not to be relied on."""
        self._since = None
