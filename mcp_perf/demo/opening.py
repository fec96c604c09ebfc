"""Opening the shop: its store, its application and, around both, the measuring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.exceptions import InternalServerError

from mcp_perf.adapters.wsgi import instrument

from .connections import Connections
from .shop import DeliberateError, Environ, Shop, route
from .store import Store

App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@contextmanager
def open_shop() -> Iterator[App]:
    """The shop, measured, with its metrics at ``/metrics``; its store lasts as long as the context."""
    with Connections() as connections:
        yield _calm(instrument(Shop(Store(connections)), route=route))


def _calm(app: App) -> App:
    """`app`, whose deliberate failures, once measured, do not have the server print a traceback."""

    def calm(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except DeliberateError as error:
            answer: Iterable[bytes] = InternalServerError(str(error))(environ, start_response)
            return answer

    return calm
