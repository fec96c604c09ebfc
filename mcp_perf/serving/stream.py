"""A connection as a file, with a limit to its time and to what is read of it."""

from __future__ import annotations

import io
import socket
import ssl
import time
from typing import Any

from . import limits

_PART = 64 * 1024  # what one call sends: TLS would copy all that it is given


class TooLongError(Exception):
    """The client sends more than a request needs."""


class Stream(io.RawIOBase):
    """Reads and writes of one connection; ConnectionAbortedError where that is no longer possible.

    A time limit for each call would let a client go on for ever, one byte at a time: these are limits for all
    reads, and for all writes, together.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._left = limits.HEAD_BYTES
        self._asked_by = time.monotonic() + limits.ASKING_SECONDS
        self._answered_by: float | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def writable(self) -> bool:
        """It is."""
        return True

    def shake_hands(self) -> None:
        """The handshake of TLS, where there is one; OSError where it fails."""
        if isinstance(self._connection, ssl.SSLSocket):
            self._wait_until(self._asked_by)
            self._connection.do_handshake()

    def readinto(self, buffer: Any) -> int:
        """Read some; TooLongError where more has been sent than may be."""
        if not self._left:
            raise TooLongError
        self._wait_until(self._asked_by)
        try:
            found = self._connection.recv_into(buffer, min(len(buffer), self._left))
        except OSError as error:
            raise ConnectionAbortedError("the client has not asked") from error
        self._left -= found
        return found

    def write(self, data: Any) -> int:
        """Write all of `data`."""
        if self._answered_by is None:
            self._answered_by = time.monotonic() + limits.ANSWERING_SECONDS
        rest = memoryview(data)
        while rest:
            self._wait_until(self._answered_by)
            try:
                rest = rest[self._connection.send(rest[:_PART]) :]
            except OSError as error:
                raise ConnectionAbortedError("the client has not taken the answer") from error
        return len(data)

    def finish(self) -> None:
        """Say that this was all, and wait a moment for the client to have read it.

        A connection that is closed with something of the client's unread is reset, and the answer lost.
        """
        connection = self._connection
        try:
            if isinstance(connection, ssl.SSLSocket):
                _say_goodbye(connection)
            # The methods of a plain socket: what comes now is not even decrypted.
            socket.socket.shutdown(connection, socket.SHUT_WR)
            end = time.monotonic() + limits.LINGERING_SECONDS
            self._wait_until(end)
            while socket.socket.recv(connection, _PART):
                self._wait_until(end)
        except OSError:
            pass

    def _wait_until(self, moment: float) -> None:
        seconds = moment - time.monotonic()
        if seconds <= 0:
            raise ConnectionAbortedError("the time for this connection is over")
        self._connection.settimeout(seconds)


def _say_goodbye(connection: ssl.SSLSocket) -> None:
    connection.settimeout(0)
    try:
        connection.unwrap()
    except (OSError, ValueError):  # most clients do not answer
        pass
