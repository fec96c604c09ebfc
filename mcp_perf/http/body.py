"""An answer whose body somebody iterates over and closes: where it ends, and how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .exchange import Exchange

# A last piece of an answer up to this size fits any socket buffer: it is as good as sent once the server has
# it. Waiting for more would measure nothing, and lose requests whose server never says more.
SMALL = 65536

# How much of an answer the server has.
NOTHING, HEAD, PART, WHOLE = range(4)


class BodyExchange(Exchange):
    """A request whose answer has a body to be followed.

    `headers` are those of the answer, `file` what the server's file wrapper has made for it, `progress` how
    much of it the server has: a part may be an empty one. What makes an exchange sets all three.
    """

    __slots__ = ("file", "headers", "progress")

    file: Any
    headers: Iterable[tuple[str, str]]
    progress: int

    def fail(self, error: BaseException) -> None:
        """The application was left by `error`; where nothing was sent, the status is the server's own."""
        if self.progress == NOTHING:
            self.status = 0
        super().fail(error)

    def handed_last(self, size: int) -> None:
        """The server gets the last part of the body now, of so many bytes."""
        self.progress = WHOLE
        if size <= SMALL:
            self.end()

    def closed(self, error: BaseException | None) -> None:
        """The server has finished with the body, perhaps while `error` is on its way."""
        if self.open:
            # What it cannot send a server closes while the error of its sending is on its way.
            self.gone = self.gone or self._is_cut() or isinstance(error, OSError)
            self.end()
        self.release()

    def forgotten(self) -> None:
        """Nobody holds the body any more, and nobody has closed it."""
        if self.open:
            self.gone = self.gone or self._is_cut()
            self.end()

    def release(self) -> None:
        """Let go of the server, which may hold what holds this exchange."""

    def _is_cut(self) -> bool:
        """Whether not all of it was wanted: the client has gone. None of it: the server needed no body."""
        return self.progress == PART and self.method.label != "HEAD"
