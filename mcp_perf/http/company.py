"""Company: who goes along with an exchange, from its first sight to its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .exchange import Exchange


class Companion(Protocol):
    """Goes along with one exchange. Nothing here raises."""

    def enter(self) -> Any:
        """The application is about to run in this context; gives what `leave` takes."""

    def leave(self, entered: Any) -> None:
        """The application has stopped, perhaps until it is asked for more, or in another context."""

    def ended(self, exchange: Exchange, elapsed: float) -> None:
        """The exchange has ended and is counted; `elapsed` are its seconds."""

    def dropped(self) -> None:
        """The exchange is not to be measured after all."""


# What gives an exchange that has begun its companion, None where nobody goes along.
Join = Callable[["Exchange"], Companion | None]


class Companions:
    """Several, entered in their order and left the other way round."""

    __slots__ = ("_all",)

    def __init__(self, several: Sequence[Companion]) -> None:
        self._all = several

    def enter(self) -> Any:
        """As `Companion.enter`."""
        return [one.enter() for one in self._all]

    def leave(self, entered: Any) -> None:
        """As `Companion.leave`."""
        for one, token in zip(reversed(self._all), reversed(entered), strict=True):
            one.leave(token)

    def ended(self, exchange: Exchange, elapsed: float) -> None:
        """As `Companion.ended`."""
        for one in self._all:
            one.ended(exchange, elapsed)

    def dropped(self) -> None:
        """As `Companion.dropped`."""
        for one in self._all:
            one.dropped()


def together(joins: Sequence[Join]) -> Join | None:
    """What has all of them join; None where there is nobody."""
    if len(joins) < 2:
        return joins[0] if joins else None

    def join(exchange: Exchange) -> Companion | None:
        several = [one for one in (each(exchange) for each in joins) if one is not None]
        return Companions(several) if len(several) > 1 else several[0] if several else None

    return join


def accompanied(call: Callable[..., Any], companion: Companion) -> Callable[..., Any]:
    """`call`, in company."""

    def entered(*args: Any) -> Any:
        token = companion.enter()
        try:
            return call(*args)
        finally:
            companion.leave(token)

    return entered


def accompanied_async(call: Callable[..., Any], companion: Companion) -> Callable[..., Any]:
    """`call`, whose result is awaited, in company."""

    async def entered(*args: Any) -> Any:
        token = companion.enter()
        try:
            return await call(*args)
        finally:
            companion.leave(token)

    return entered


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
