"""The body of a WSGI answer, with an eye on its end.

The end is the moment when the server asks for more and there is no more, or when it closes the body; a last
piece that is small ends it at once (see `SMALL`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from ..http.body import HEAD, PART, SMALL, BodyExchange
from ..http.company import accompanied, accompanied_parts

NO_FILE = object()


def measured_body(exchange: BodyExchange, result: Any, environ: dict[str, Any]) -> Iterable[bytes]:
    """`result`, or what stands in for it, ending `exchange` when it ends.

    A list stays a list, so that a server that sets Content-Length for one of length one goes on doing so; a
    file stays the server's own file wrapper, so that the server can send it by itself.
    """
    if type(result) is list or type(result) is tuple:
        if len(result) > 1 or (result and _size(result[0]) > SMALL):
            return _List(result, exchange)
        if exchange.carried is not None:
            exchange.carried.bytes_out(_size(result[0]) if result else 0)
        exchange.end()
        exchange.release()
        return result
    ready_size = exchange.measure.ready_size
    if ready_size is not None:
        size = ready_size(result)
        if size is not None and size <= SMALL:
            exchange.end()
            exchange.release()
            return cast(Iterable[bytes], result)
    wrapper = environ.get("wsgi.file_wrapper")
    if result is exchange.file or (isinstance(wrapper, type) and isinstance(result, wrapper)):
        _end_on_close(result, exchange)
        return cast(Iterable[bytes], result)
    return (SizedStream if hasattr(type(result), "__len__") else Stream)(result, exchange)


class _Followed:
    """The parts of a body on their way to the server."""

    __slots__ = ()
    _exchange: BodyExchange

    def _follow(self, parts: Iterable[bytes], number: int | None) -> Iterator[bytes]:
        """`parts`; the end is known by their `number`, or else by the length that was declared."""
        exchange = self._exchange
        left: float | None = number
        try:
            for part in parts:
                exchange.progress = PART
                size = _size(part)
                if left is None:
                    left = _content_length(exchange.headers)
                left -= size if number is None else 1
                if exchange.carried is not None:
                    exchange.carried.bytes_out(size)
                if left <= 0:
                    exchange.handed_last(size)
                yield part
        except GeneratorExit:  # whoever iterates may have only looked; the end is close() or oblivion
            raise
        except BaseException as error:
            exchange.fail(error)
            raise
        exchange.end()

    def close(self) -> None:
        """The server has finished with the body."""
        self._exchange.closed(sys.exc_info()[1])

    def __del__(self) -> None:
        self._exchange.forgotten()


class _List(list[bytes], _Followed):
    """A body that lies ready."""

    __slots__ = ("_exchange",)

    def __init__(self, parts: Iterable[bytes], exchange: BodyExchange) -> None:
        self._exchange = exchange
        super().__init__(parts)

    def __iter__(self) -> Iterator[bytes]:
        return self._follow(list.__iter__(self), len(self))


class Stream(_Followed):
    """A body that comes bit by bit."""

    __slots__ = ("_exchange", "_parts", "_result")

    def __init__(self, result: Any, exchange: BodyExchange) -> None:
        self._exchange = exchange
        self._result = result
        self._parts: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        company = self._exchange.company
        return self._follow(
            self._result if company is None else accompanied_parts(self._result, company), None
        )

    def __next__(self) -> bytes:
        """The next part, for who takes the body for the iterator that most are."""
        if self._parts is None:
            self._parts = iter(self)
        return next(self._parts)

    def close(self) -> None:
        """The server has finished with the body; what the application does then is not measured."""
        _Followed.close(self)
        close = getattr(self._result, "close", None)
        if close is not None:
            company = self._exchange.company
            try:
                close() if company is None else accompanied(close, company)()
            except BaseException as error:
                self._exchange.fail(error)
                raise


class SizedStream(Stream):
    """A body that knows its number of parts."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._result)


class Closing:
    """A `close` that ends an exchange, and does so too when it is forgotten with what it belongs to."""

    __slots__ = ("_close", "_exchange")

    def __init__(self, exchange: BodyExchange, close: Callable[[], object] | None = None) -> None:
        self._exchange = exchange
        self._close = close

    def __call__(self) -> None:
        self._exchange.closed(sys.exc_info()[1])
        if self._close is not None:
            self._close()

    def __del__(self) -> None:
        self._exchange.end()


def _size(chunk: object) -> int:
    """The length of a chunk; what is no bytes is the server's to complain of."""
    return len(chunk) if isinstance(chunk, (bytes, bytearray, memoryview)) else 0


def _content_length(headers: Iterable[tuple[str, str]]) -> float:
    """The length that the application has declared, infinite where it has not."""
    try:
        for name, value in headers:
            if name.lower() == "content-length":
                return int(value)
    except (TypeError, ValueError, AttributeError):
        pass  # headers that the server will refuse
    return float("inf")


def _end_on_close(result: Any, exchange: BodyExchange) -> None:
    exchange.sends_itself()
    exchange.progress = HEAD
    try:
        result.close = Closing(exchange, getattr(result, "close", None))
    except (AttributeError, TypeError):
        exchange.end()
