"""The application that every adapter's tests build in their framework, and what comes back from it.

=========  =====================  ==================================================================
name       request                what the handler does
=========  =====================  ==================================================================
item       GET, HEAD /items/3     answers 200 with ``shop.item("3")``, which calls ``shop.during()``
empty      GET /empty             answers 204 without a body
stream     GET /stream            streams ``shop.parts()``: 1 s of the fake clock before each part
boom       GET /boom              raises ``shop.boom``, which nobody catches
broken     GET /broken            streams ``shop.broken_parts()``: raises ``shop.boom`` after a part
handled    GET /handled           raises ``HandledError()``, which the application answers with 418
endless    GET /endless           streams ``shop.endless_parts()``
echo       POST /echo             reads the body to its end and answers 200 with it
context    GET /context           calls ``shop.look()`` and answers 200
(unknown)  GET /nowhere/…         404 by the framework
(wrong)    DELETE /items/3        405 by the framework
=========  =====================  ==================================================================
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

PATHS = {
    "item": "/items/3",
    "empty": "/empty",
    "stream": "/stream",
    "boom": "/boom",
    "broken": "/broken",
    "handled": "/handled",
    "endless": "/endless",
    "echo": "/echo",
    "context": "/context",
}
TEMPLATES = {**PATHS, "item": "/items/{item}"}
UNMATCHED = "<unmatched>"

variable = ContextVar("variable", default="unset")


class BoomError(Exception):
    """What nobody catches."""


class HandledError(Exception):
    """What the application answers with 418."""


def root(error):
    """What a framework's task groups have wrapped, if they have."""
    while len(getattr(error, "exceptions", ())) == 1:
        error = error.exceptions[0]
    return error


@dataclass(eq=False)
class Answer:
    """What the server saw: the response, and the very exception that reached it.

    `status` is None where no response began. `context` is the `variable` of contextvars as the server has it
    once the application is through (each request starts with ``"server"`` there).
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: BaseException | None = None
    context: Any = None

    def __eq__(self, other):
        return self._key() == other._key()

    def _key(self):
        return self.status, self.headers, self.body, root(self.error), self.context


class Shop:
    """The behaviour behind the handlers; `during` is called while an item is being answered."""

    def __init__(self, clock):
        self.clock = clock
        self.boom = BoomError("boom")
        self.during = lambda: None
        self.seen = []

    def item(self, item):
        self.during()
        return b"item %s" % str(item).encode()

    def parts(self):
        for part in (b"one", b"two", b"three"):
            self.clock.advance(1.0)
            yield part

    def broken_parts(self):
        yield b"one"
        raise self.boom

    def endless_parts(self):
        while True:
            yield b"more"

    def look(self):
        self.seen.append(variable.get())
        variable.set("app")


async def asynchronous(parts):
    """`parts` for frameworks that stream asynchronous iterators."""
    for part in parts:
        yield part
