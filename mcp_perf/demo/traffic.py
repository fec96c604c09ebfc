"""The customers: threads that send real requests to the shop, in a mix like a real shop's."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from itertools import chain, repeat
from threading import Event, Lock, Thread
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlencode

from .goods import GOODS
from .pages import ORDERS
from .server import HOST

_CUSTOMERS = 8
_THINKING = 0.14  # seconds between two requests of a customer, on average
_WORDS = ("tea", "coffee", "mug", "green", "large", "spoon", "unicorn")
_SCANNED = ("/.env", "/wp-login.php", "/admin", "/.git/config", "/phpmyadmin/index.php", "/products/x")


class Visit(NamedTuple):
    """One request; a hasty customer does not wait for the whole answer."""

    method: str
    path: str
    form: str = ""
    hasty: bool = False


def _order() -> Visit:
    lines = [
        (("product_id", random.randint(1, len(GOODS))), ("quantity", random.choice((1, 1, 1, 2, 3))))
        for _ in range(random.choice((1, 1, 2, 3)))
    ]
    return Visit("POST", ORDERS, urlencode(list(chain.from_iterable(lines))))


def _scan() -> Visit:
    path = random.choice((*_SCANNED, f"/{random.randbytes(6).hex()}"))
    return Visit(random.choice(("GET", "GET", "HEAD", "PROPFIND")), path)


# How often each kind of visit comes in 50.
_MIX: tuple[tuple[int, Callable[[], Visit]], ...] = (
    (5, lambda: Visit("GET", "/")),
    (12, lambda: Visit("GET", "/products")),
    (10, lambda: Visit("GET", f"/products/{random.randint(1, len(GOODS))}")),
    (2, lambda: Visit("GET", f"/products/{random.randint(1000, 9999)}")),
    (5, lambda: Visit("GET", f"/search?q={random.choice(_WORDS)}")),
    (2, lambda: Visit("GET", "/export")),
    (1, lambda: Visit("GET", "/export", hasty=True)),
    (8, _order),
    (1, lambda: Visit("GET", "/fail")),
    (4, _scan),
)


class Deck:
    """Visits in random order, but in every 50 of them each kind as often as it should come."""

    def __init__(self) -> None:
        self._left: list[Callable[[], Visit]] = []
        self._lock = Lock()

    def draw(self) -> Visit:
        """The next visit."""
        with self._lock:
            if not self._left:
                self._left = list(chain.from_iterable(repeat(kind, times) for times, kind in _MIX))
                random.shuffle(self._left)
            kind = self._left.pop()
        return kind()


class Traffic:
    """Has customers visit the shop on `port` as long as the context lasts."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._deck = Deck()
        self._over = Event()
        self._customers = [
            Thread(target=self._shop, name=f"customer-{number}", daemon=True) for number in range(_CUSTOMERS)
        ]

    def __enter__(self) -> Traffic:
        for customer in self._customers:
            customer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        for customer in self._customers:
            customer.join()

    def _shop(self) -> None:
        while not self._over.wait(random.expovariate(1 / _THINKING)):
            # A visit that fails is the shop's to count; its customer comes back.
            with suppress(OSError, HTTPException):
                self._visit(self._deck.draw())

    def _visit(self, visit: Visit) -> None:
        connection = HTTPConnection(HOST, self._port, timeout=5)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if visit.form else {}
        try:
            connection.request(visit.method, visit.path, visit.form or None, headers)
            response = connection.getresponse()
            response.read(100 if visit.hasty else None)
        finally:
            connection.close()
