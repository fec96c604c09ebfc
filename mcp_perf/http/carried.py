"""What the opt-in metrics ask of an exchange."""

from __future__ import annotations

from collections.abc import Callable


class Carried:
    """What an exchange has carried, in bytes of its bodies, and when the answer began."""

    __slots__ = ("clock", "first_byte", "received", "sent")

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.received = 0
        self.sent: int | None = 0  # None: the server sends what it has by itself
        self.first_byte: float | None = None

    def bytes_in(self, count: int) -> None:
        """`count` bytes of the request's body have come."""
        self.received += count

    def bytes_out(self, count: int) -> None:
        """`count` bytes of the answer's body go out, perhaps none."""
        if self.first_byte is None:
            self.first_byte = self.clock()
        if self.sent is not None:
            self.sent += count
