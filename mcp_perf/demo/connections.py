"""Connections to a database in a temporary file, each used by one thread at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from types import TracebackType


class Connections:
    """The file and the connections to it; both are gone when the context ends."""

    def __init__(self) -> None:
        self._directory = TemporaryDirectory(prefix="mcp-perf-demo-", ignore_cleanup_errors=True)
        self._path = Path(self._directory.name, "shop.sqlite")
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._open = True

    def __enter__(self) -> Connections:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open = False
        while (connection := self._take()) is not None:
            connection.close()
        self._directory.cleanup()

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for a transaction, which is kept if the block succeeds."""
        connection = self._take() or self._connect()
        try:
            with connection:
                yield connection
        finally:
            if self._open:
                self._idle.put(connection)
            else:
                connection.close()

    def _take(self) -> sqlite3.Connection | None:
        try:
            return self._idle.get_nowait()
        except Empty:
            return None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        # Readers and a writer at once, and no waiting for the disk: the file does not outlive the shop.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        return connection
