"""The one handler behind every face of the metrics app."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ..access import OFF, Verdict
from ..default import Binding
from ..monitor import PerformanceMonitor
from ..pace import Considerate
from ..profiling import ImpossibleError, TakenError
from ..steps import Steps, run, run_async
from .coding import choose, coded
from .pages import PAGES, Asked, Long, Page
from .renderings import BusyError, Renderings
from .request import Request, Response
from .sendings import Give, Parts, Sendings, of_size

logger = logging.getLogger("mcp_perf")

_WAITING = 100  # requests that wait for renderings
_AT_ONCE = 4  # renderings: each holds a whole answer
_PATIENCE = 10.0  # seconds for one, if who asks does not say: as Prometheus's scrape_timeout
_MOST_PATIENCE = 120.0
_LEAST_PATIENCE = 1.0
_RETRY_AFTER = 5  # seconds
_CODE = "profile"  # the page whose rule is for code wherever it is shown
_NOT_ENABLED = (
    "profiles are not enabled here: they show code, so they need a rule of their own, "
    'access={"profile": rule}\n'
)
_SENT_AT_ONCE = 8  # renderings, whatever their size
_SENT_SIZE = 32 << 20  # bytes of more of them


@dataclass(frozen=True)
class _Rendered:
    """A page, compressed or not."""

    content_type: str
    coding: str
    parts: Parts


@dataclass(frozen=True)
class _Wait:
    """What is waited for on the way to an answer."""

    in_thread: Callable[[], Any]
    in_loop: Callable[[], Awaitable[Any]]


class Endpoint:
    """Answers ``/metrics`` and ``/metrics/summary`` for one monitor, the default one if None is given."""

    def __init__(self, monitor: PerformanceMonitor | None = None) -> None:
        self._monitors: Binding[PerformanceMonitor] = Binding(monitor, lambda found: found)
        self._renderings: Renderings[_Rendered] = Renderings(_WAITING, _AT_ONCE)
        self._sendings = Sendings(_SENT_AT_ONCE, _SENT_SIZE)

    def answer(self, question: Request) -> Response:
        """The answer to a request, worked out in this thread."""
        try:
            return run(self._steps(question), lambda one: one.in_thread())
        except Exception as error:
            return _failed(question, error)

    async def answer_async(self, question: Request) -> Response:
        """The same, without keeping the event loop."""
        try:
            return await run_async(self._steps(question), lambda one: one.in_loop())
        except Exception as error:
            return _failed(question, error)

    @staticmethod
    def is_long(path: str) -> bool:
        """Whether it takes long to answer a request for that path, which somebody who goes away ends."""
        page = PAGES.get(path.rstrip("/"))
        return page is not None and page.is_long

    def sent(self, answer: Response) -> Iterator[bytes]:
        """The parts of the body of an answer, for a face that sends them one after another.

        ConnectionResetError where the rest cannot be kept any longer for so slow a reader.
        """
        return self._sendings.sent(answer.parts)

    async def send(self, answer: Response, give: Give) -> None:
        """Have `give` send the parts of the body of an answer, for a face in an event loop.

        It ends early, with no more than a part of the answer, for a reader that is too slow.
        """
        await self._sendings.send(answer.parts, give)

    def _steps(self, question: Request) -> Steps[_Wait, Response]:
        page = _page(question)
        if page is None:
            return _text(404, "not found\n", question)
        monitor = self._monitors.value or self._monitors.bind()  # once: what is told is what the rule is for
        rule = monitor.settings.access[page.name]
        if rule is OFF:
            return _text(404, _NOT_ENABLED, question)
        verdict = yield _Wait(partial(rule.decide, question), partial(rule.decide_async, question))
        refusal = _refusal(page, question, verdict)
        if refusal is not None:
            return refusal
        code = monitor.settings.access[_CODE]
        if page.may_show_code and code is not OFF and monitor.slow_requests.threshold is not None:
            verdict = yield _Wait(partial(code.decide, question), partial(code.decide_async, question))
            question = replace(question, sees_code=bool(verdict))
        first = _asked(monitor, page, question)
        if isinstance(first, Long):
            first = first.asked((yield _Wait(first.in_thread, first.in_loop)))
        key, work = _work(monitor, first, question)
        asked, renderings = (key, work, _patience(question)), self._renderings
        rendered = yield _Wait(partial(renderings.wait, *asked), partial(renderings.wait_async, *asked))
        return _answered(page, rendered, question)


class WrongError(Exception):
    """A question that is wrong, in one sentence."""


def _page(question: Request) -> Page | None:
    page = PAGES.get(question.path.rstrip("/"))
    return page if page is not None and page.is_there() else None


def _asked(monitor: PerformanceMonitor, page: Page, question: Request) -> Asked | Long:
    """What a question asks of a page; WrongError where it is wrong."""
    if question.is_multiprocess:
        monitor.suspect_siblings("its server runs several processes (wsgi.multiprocess)")
    try:
        return page.asked(question, monitor)
    except ValueError as error:
        raise WrongError(str(error)) from None


def _work(
    monitor: PerformanceMonitor, asked: Asked, question: Request
) -> tuple[object, Callable[[], _Rendered]]:
    """What tells this rendering from others, and the rendering."""
    coding = choose(question.liking("accept-encoding"))

    def work() -> _Rendered:
        pace = Considerate()
        content_type, parts = asked.make(pace)
        return _Rendered(content_type, coding, Parts(of_size(coded(parts, coding, pace), pace)))

    return (id(monitor), coding, asked.key), work


def _refusal(page: Page, question: Request, verdict: Verdict) -> Response | None:
    """The answer where nothing is rendered."""
    if not verdict:
        challenges = [("WWW-Authenticate", challenge) for challenge in verdict.challenges]
        text = "unauthorized\n" if verdict.status == 401 else "forbidden\n"
        return _text(verdict.status, text, question, *challenges)
    if question.method not in page.methods:
        return _text(405, "method not allowed\n", question, ("Allow", ", ".join(page.methods)))
    return None


def _patience(question: Request) -> float:
    """How long whoever asks will wait: Prometheus says it."""
    try:
        seconds = float(question.header("x-prometheus-scrape-timeout-seconds"))
    except ValueError:
        return _PATIENCE
    return min(max(seconds, _LEAST_PATIENCE), _MOST_PATIENCE) if seconds > 0 else _PATIENCE


def _answered(page: Page, rendered: _Rendered, question: Request) -> Response:
    headers = [
        ("Content-Type", rendered.content_type),
        ("Vary", "Accept, Accept-Encoding"),
        ("Cache-Control", page.caching),
        *page.headers,
    ]
    if rendered.coding:
        headers.append(("Content-Encoding", rendered.coding))
    return _answer(200, headers, rendered.parts, question)


def _failed(question: Request, error: Exception) -> Response:
    if isinstance(error, WrongError):
        return _text(400, f"{error}\n", question)
    if isinstance(error, ImpossibleError):
        return _text(501, f"{error}\n", question)
    if isinstance(error, TakenError):
        return _text(503, f"{error}\n", question, ("Retry-After", str(error.retry_after)))
    text = "too many scrapes at once\n"
    if not isinstance(error, BusyError):
        logger.error("mcp_perf could not answer a request for its metrics", exc_info=error)
        text = "this scrape failed\n"
    return _text(503, text, question, ("Retry-After", str(_RETRY_AFTER)))


def _text(status: int, text: str, question: Request, *headers: tuple[str, str]) -> Response:
    fields = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *headers]
    return _answer(status, fields, [text.encode()], question)


def _answer(
    status: int, headers: list[tuple[str, str]], parts: Sequence[bytes], question: Request
) -> Response:
    # Not by what is there now of parts that somebody has dropped meanwhile: an empty answer would look whole.
    size = parts.size if isinstance(parts, Parts) else sum(map(len, parts))
    headers.append(("Content-Length", str(size)))
    return Response(status, tuple(headers), () if question.method == "HEAD" else parts)
