"""Company: who goes along with an exchange, from its first sight to its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from ..registry.series import Series

if TYPE_CHECKING:
    from .exchange import Exchange


class Around(Protocol):
    """Is around the application while that runs for somebody. Nothing here raises."""

    def enter(self) -> Any:
        """The application is about to run in this context; gives what `leave` takes."""

    def leave(self, entered: Any, error: BaseException | None = None) -> None:
        """The application has stopped, perhaps until it is asked for more, or in another context.

        `error` is what it was left by, perhaps after it had answered.
        """


class Companion(Around, Protocol):
    """Goes along with one exchange."""

    def completing(self, exchange: Exchange) -> None:
        """The server gets the last of the answer now, where that is told; whoever is around may end first."""

    def ended(self, exchange: Exchange, elapsed: float, series: Series | None) -> None:
        """The exchange has ended and is counted; `elapsed` are its seconds, which `series` has been told.

        None for one that is not timed.
        """

    def dropped(self) -> None:
        """The exchange is not to be measured after all."""


# What gives an exchange that has begun its companion, None where nobody goes along. Does not raise.
Join = Callable[["Exchange"], Companion | None]


class Companions:
    """Several, entered in their order and left the other way round."""

    __slots__ = ("all",)

    def __init__(self, several: Sequence[Companion]) -> None:
        self.all = several

    def enter(self) -> Any:
        """As `Companion.enter`."""
        return [one.enter() for one in self.all]

    def leave(self, entered: Any, error: BaseException | None = None) -> None:
        """As `Companion.leave`."""
        for one, token in zip(reversed(self.all), reversed(entered), strict=True):
            one.leave(token, error)

    def completing(self, exchange: Exchange) -> None:
        """As `Companion.completing`."""
        for one in self.all:
            one.completing(exchange)

    def ended(self, exchange: Exchange, elapsed: float, series: Series | None) -> None:
        """As `Companion.ended`."""
        for one in self.all:
            one.ended(exchange, elapsed, series)

    def dropped(self) -> None:
        """As `Companion.dropped`."""
        for one in self.all:
            one.dropped()


def together(joins: Sequence[Join]) -> Join | None:
    """What has all of them join; None where there is nobody."""
    if len(joins) < 2:
        return joins[0] if joins else None

    def join(exchange: Exchange) -> Companion | None:
        several = [one for one in (each(exchange) for each in joins) if one is not None]
        return Companions(several) if len(several) > 1 else several[0] if several else None

    return join


class _Entered:
    """A ``with`` for a part of an exchange that its companion goes along with."""

    __slots__ = ("_companion", "_token")

    def __init__(self, companion: Around) -> None:
        self._companion = companion

    def __enter__(self) -> None:
        self._token = self._companion.enter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # That an iterator has come to its end is no fault.
        is_end = isinstance(error, (StopIteration, StopAsyncIteration))
        self._companion.leave(self._token, None if is_end else error)


def accompanied(call: Callable[..., Any], companion: Around) -> Callable[..., Any]:
    """`call`, in company."""

    def entered(*args: Any) -> Any:
        with _Entered(companion):
            return call(*args)

    return entered


def accompanied_async(call: Callable[..., Any], companion: Around) -> Callable[..., Any]:
    """`call`, whose result is awaited, in company."""

    async def entered(*args: Any) -> Any:
        with _Entered(companion):
            return await call(*args)

    return entered


_ENTERED = tuple(wrap(print, Companions(())).__code__ for wrap in (accompanied, accompanied_async))


def companions_of(frame: FrameType) -> Sequence[Companion]:
    """Who goes along with the call that this frame is of; nobody where it is no call in company.

    So somebody who looks at the stack of a thread knows which exchange it is about, which costs those
    nothing that nobody looks at.
    """
    code = frame.f_code
    if code is not _ENTERED[0] and code is not _ENTERED[1]:
        return ()
    return members(frame.f_locals.get("companion"))


def members(companion: Companion | None) -> Sequence[Companion]:
    """Each of those who go along."""
    if isinstance(companion, Companions):
        return companion.all
    return (companion,) if companion is not None else ()


def accompanied_parts(parts: Iterable[bytes], companion: Companion) -> Iterator[bytes]:
    """`parts`, each made in company."""
    step = accompanied(iter(parts).__next__, companion)
    while True:
        try:
            part = step()
        except StopIteration:
            return
        yield part


async def accompanied_parts_async(
    parts: AsyncGenerator[bytes, None], companion: Companion
) -> AsyncIterator[bytes]:
    """The same of what makes them asynchronously; closes `parts` in company, too."""
    step = accompanied_async(parts.__anext__, companion)
    try:
        while True:
            try:
                part = await step()
            except StopAsyncIteration:
                return
            yield part
    finally:
        await accompanied_async(parts.aclose, companion)()
