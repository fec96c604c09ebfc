"""Rules of the user's own: any callable, sync or async, that says True or False of a request."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync

from ..kinds import Kind, kind_of
from ..threads import outcome, start
from .request import Request
from .rules import Rule, VerdictSteps
from .verdict import ALLOWED, FORBIDDEN, Verdict

_PATIENCE = 10.0  # seconds that a rule may take in an event loop
_MOST_AT_ONCE = 100  # threads in which one is asked

logger = logging.getLogger("mcp_perf")


class Callback(Rule):
    """Asks `function`; whatever goes wrong in it refuses, and is logged the first time."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function
        self._is_logged = False
        self._threads: list[threading.Thread] = []
        self.is_async = kind_of(function) is Kind.COROUTINE

    def steps(self, request: Request) -> VerdictSteps:  # noqa: ARG002 - the answer is what the request is for
        """One question: the callable."""
        return (yield self)

    def ask(self, request: Request) -> Verdict:
        """What the callable says, waited for."""
        if self.is_async:
            return self._waited(self.ask_async, request)
        result = self._called(request)
        if not inspect.isawaitable(result):
            return self._read(result)
        verdict = self._waited(self._awaited, result)
        # Where nobody could await it, nobody else needs to be warned of that.
        if inspect.iscoroutine(result):
            result.close()
        return verdict

    async def ask_async(self, request: Request) -> Verdict:
        """What the callable says; one that may block is called in a thread, off the event loop."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # another kind of event loop
            return await self._asked(request)
        # A task of its own: what is cancelled within is not whoever asks.
        asked = asyncio.ensure_future(self._asked(request))
        try:
            await asyncio.wait({asked}, timeout=_PATIENCE)
        except asyncio.CancelledError:
            asked.cancel()
            raise
        if asked.done():
            return asked.result() if not asked.cancelled() else self._refuse("was cancelled")
        asked.cancel()
        return self._late()

    async def _asked(self, request: Request) -> Verdict:
        result = self._called(request) if self.is_async else await self._called_in_thread(request)
        return await self._awaited(result) if inspect.isawaitable(result) else self._read(result)

    def __repr__(self) -> str:
        return self._name()

    # Within the thread, since no StopIteration comes out of one.
    def _called(self, request: Request) -> object:
        try:
            return self._function(request)
        except (Exception, asyncio.CancelledError) as error:
            return self._refuse(f"raised {_what(error)}")

    # Not one thread for all: a call that hangs would keep those that come after it.
    async def _called_in_thread(self, request: Request) -> object:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) >= _MOST_AT_ONCE:
            return self._refuse(f"is under way {_MOST_AT_ONCE} times already")
        future: Future[object] = Future()
        future.set_running_or_notify_cancel()  # whoever asks may go, and it still gets its answer
        try:
            self._threads.append(start("access rule", self._answer, future, request))
        except RuntimeError as error:
            return self._refuse(f"has no thread: {_what(error)}")
        try:
            return await outcome(future, _PATIENCE)
        except TimeoutError:
            return self._late()

    def _answer(self, future: Future[object], request: Request) -> None:
        try:
            future.set_result(self._called(request))
        except BaseException as error:  # such as SystemExit, which would end this thread only
            future.set_result(self._refuse(f"raised {_what(error)}"))

    async def _awaited(self, result: Awaitable[object]) -> Verdict:
        try:
            return self._read(await result)
        except (Exception, asyncio.CancelledError) as error:
            return self._refuse(f"raised {_what(error)}")

    def _waited(self, function: Callable[[Any], Awaitable[Verdict]], argument: object) -> Verdict:
        try:
            return async_to_sync(function)(argument)
        except (Exception, asyncio.CancelledError) as error:  # such as an event loop in this very thread
            return self._refuse(f"could not be awaited: {_what(error)}")

    def _read(self, result: object) -> Verdict:
        if isinstance(result, Verdict):
            return result
        if isinstance(result, bool):
            return ALLOWED if result else FORBIDDEN
        # Truth is not enough: a generator, a class's object or a mock is true as well.
        return self._refuse(f"gave {type(result).__name__} where True or False was due")

    def _late(self) -> Verdict:
        return self._refuse(f"took more than {_PATIENCE:g} s")

    def _refuse(self, why: str) -> Verdict:
        if not self._is_logged:
            self._is_logged = True
            logger.error(
                "mcp_perf refuses a request: the access rule %s %s; further faults of it are not logged",
                self._name(),
                why,
            )
        return FORBIDDEN

    # Never its repr: that of a partial shows the arguments, which may be secret.
    def _name(self) -> str:
        function = self._function
        while isinstance(function, partial):
            function = function.func
        name = getattr(function, "__qualname__", None)
        return name if isinstance(name, str) else type(function).__qualname__


def _what(error: BaseException) -> str:
    """The class of `error` and its place. Its text may hold what the request came with."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return type(error).__name__ + place
