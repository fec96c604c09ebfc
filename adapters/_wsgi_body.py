"""The body of a WSGI answer, with an eye on its end.

The end is the moment when the server asks for more and there is no more, or when it closes the body. A
last chunk that fits any socket buffer is as good as sent once the server has it; waiting for the server's
next move would only lose requests of clients that read lazily, such as werkzeug's test client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from ..http.exchange import Exchange
from ..http.measure import HttpMeasure

SMALL = 65536


_NO_FILE = object()


class BodyExchange(Exchange):
    """A request whose answer has a body to be followed.

    `headers` are those of the answer, `file` what the server's file wrapper has made for it.
    """

    __slots__ = ("file", "headers")

    def __init__(self, measure: HttpMeasure, method: Any, source: Any) -> None:
        super().__init__(measure, method, source)
        self.headers: Iterable[tuple[str, str]] = ()
        self.file: Any = _NO_FILE


def measured_body(exchange: BodyExchange, result: Any, environ: dict[str, Any]) -> Iterable[bytes]:
    """`result`, or what stands in for it, ending `exchange` when it ends.

    A list stays a list, so that a server that sets Content-Length for one of length one goes on doing so; a
    file stays the server's own file wrapper, so that the server can send it by itself.
    """
    if isinstance(result, (list, tuple)):
        return _List(result, exchange)
    wrapper = environ.get("wsgi.file_wrapper")
    if result is exchange.file or (isinstance(wrapper, type) and isinstance(result, wrapper)):
        _end_on_close(result, exchange)
        return cast(Iterable[bytes], result)
    return (SizedStream if hasattr(type(result), "__len__") else Stream)(result, exchange)


class _Closing:
    """The end by `close`, or by being forgotten."""

    __slots__ = ()
    _exchange: BodyExchange
    _begun: bool

    def close(self) -> None:
        """The server has finished with the body."""
        exchange = self._exchange
        if exchange.open:
            # Not all of it was wanted: the client has gone. None of it: the server needed no body.
            exchange.gone = self._begun
            exchange.end()

    def __del__(self) -> None:
        if self._exchange.open:
            _Closing.close(self)


class _List(list[bytes], _Closing):
    """A body that lies ready."""

    __slots__ = ("_begun", "_exchange")

    def __init__(self, chunks: Iterable[bytes], exchange: BodyExchange) -> None:
        super().__init__(chunks)
        self._exchange = exchange
        self._begun = False

    def __iter__(self) -> Iterator[bytes]:
        exchange = self._exchange
        self._begun = True
        left = len(self)
        for chunk in list.__iter__(self):
            left -= 1
            size = _size(chunk)
            if exchange.measure.metered:
                exchange.bytes_out(size)
            if not left and size <= SMALL:
                exchange.end()
            yield chunk
        exchange.end()


class Stream(_Closing):
    """A body that comes bit by bit."""

    __slots__ = ("_begun", "_exchange", "_left", "_next", "_result")

    def __init__(self, result: Any, exchange: BodyExchange) -> None:
        self._exchange = exchange
        self._begun = False
        self._left: float = -1
        self._result = result
        self._next: Callable[[], bytes] = iter(result).__next__

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        exchange = self._exchange
        try:
            chunk = self._next()
        except StopIteration:
            exchange.end()
            raise
        except BaseException as error:
            exchange.fail(error)
            raise
        if not self._begun:
            self._begun = True
            self._left = _content_length(exchange.headers)
        size = _size(chunk)
        if exchange.measure.metered:
            exchange.bytes_out(size)
        self._left -= size
        if self._left <= 0 and size <= SMALL:
            exchange.end()
        return chunk

    def close(self) -> None:
        """The server has finished with the body; what the application does then is not measured."""
        _Closing.close(self)
        close = getattr(self._result, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:
                self._exchange.fail(error)
                raise


class SizedStream(Stream):
    """A body that knows its number of chunks."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._result)


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


def _end_on_close(result: Any, exchange: Exchange) -> None:
    close = getattr(result, "close", None)

    def closed() -> None:
        exchange.end()
        if close is not None:
            close()

    try:
        result.close = closed
    except (AttributeError, TypeError):
        exchange.end()


class Input:
    """The request's body as the application reads it, counted."""

    def __init__(self, stream: Any, exchange: BodyExchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            self._exchange.bytes_in(len(line))
            yield line

    def read(self, *size: int) -> bytes:
        """Read and count."""
        return self._counted(self._stream.read(*size))

    def readline(self, *size: int) -> bytes:
        """Read and count a line."""
        return self._counted(self._stream.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        """Read and count lines."""
        lines: list[bytes] = self._stream.readlines(*hint)
        self._exchange.bytes_in(sum(map(len, lines)))
        return lines

    def _counted(self, data: bytes) -> bytes:
        self._exchange.bytes_in(len(data))
        return data
