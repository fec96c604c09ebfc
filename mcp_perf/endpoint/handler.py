"""The one handler behind every face of the metrics app."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from ..access import Rule, Verdict
from ..default import Binding
from ..monitor import PerformanceMonitor
from ..pace import Considerate, Pace
from ..summary import summarise
from .coding import choose, coded
from .renderings import BusyError, Renderings
from .request import Request, Response

logger = logging.getLogger("mcp_perf")

METHODS = ("GET", "HEAD")
_WAITING = 100  # requests that wait for renderings
_PATIENCE = 10.0  # seconds for one, if who asks does not say: as Prometheus's scrape_timeout
_MOST_PATIENCE = 120.0
_RETRY_AFTER = 5  # seconds
_FIELDS = 1000  # of a query string


@dataclass(frozen=True)
class _Rendered:
    """A page, compressed or not."""

    content_type: str
    coding: str
    parts: Sequence[bytes]


class Endpoint:
    """Answers ``/metrics`` and ``/metrics/summary`` for one monitor, the default one if None is given."""

    def __init__(self, monitor: PerformanceMonitor | None = None) -> None:
        self._monitors: Binding[PerformanceMonitor] = Binding(monitor, lambda found: found)
        self._pages = {"": self._metrics, "/summary": self._summary}
        self._renderings: Renderings[_Rendered] = Renderings(_WAITING)

    def answer(self, question: Request) -> Response:
        """The answer to a request, worked out in this thread."""
        try:
            rule = self._rule(question)
            refusal = _refusal(question, rule.decide(question) if rule is not None else None)
            if refusal is not None:
                return refusal
            key, work = self._work(question)
            return _page(self._renderings.wait(key, work, _patience(question)), question)
        except BusyError:
            return _busy(question)
        except Exception:
            return _failed(question)

    async def answer_async(self, question: Request) -> Response:
        """The same, without keeping the event loop."""
        try:
            rule, verdict = self._rule(question), None
            if rule is not None:
                verdict = await rule.decide_async(question)
            refusal = _refusal(question, verdict)
            if refusal is not None:
                return refusal
            key, work = self._work(question)
            return _page(await self._renderings.wait_async(key, work, _patience(question)), question)
        except BusyError:
            return _busy(question)
        except Exception:
            return _failed(question)

    def _rule(self, question: Request) -> Rule | None:
        """Who may have the page that is asked for; None where there is no such page."""
        name = _page_name(question.path)
        return self._monitor().settings.access[name[1:] or "metrics"] if name in self._pages else None

    def _monitor(self) -> PerformanceMonitor:
        return self._monitors.value or self._monitors.bind()

    def _work(self, question: Request) -> tuple[object, Callable[[], _Rendered]]:
        """What tells this rendering from others, and the rendering."""
        monitor = self._monitor()
        if question.is_multiprocess:
            monitor.suspect_siblings("its server runs several processes (wsgi.multiprocess)")
        page, accept = self._pages[_page_name(question.path)], question.header("accept")
        coding = choose(question.header("accept-encoding"))

        def work() -> _Rendered:
            pace = Considerate()
            content_type, parts = page(monitor, accept, question.query, pace)
            return _Rendered(content_type, coding, coded(parts, coding, pace))

        return (id(monitor), _page_name(question.path), accept, question.query, coding), work

    @staticmethod
    def _metrics(
        monitor: PerformanceMonitor, accept: str, query: str, pace: Pace
    ) -> tuple[str, Sequence[bytes]]:
        names = parse_qs(query, max_num_fields=_FIELDS).get("name[]", [])
        return monitor.render_parts(accept, names, pace)

    @staticmethod
    def _summary(
        monitor: PerformanceMonitor,
        accept: str,  # noqa: ARG004 - it is JSON, whatever is asked for
        query: str,  # noqa: ARG004 - its options come later
        pace: Pace,
    ) -> tuple[str, Sequence[bytes]]:
        summary = summarise(monitor.snapshot(pace))
        pace()
        return "application/json", [json.dumps(summary, allow_nan=False, indent=2).encode() + b"\n"]


def _refusal(question: Request, verdict: Verdict | None) -> Response | None:
    """The answer where nothing is rendered; no verdict on what is not there."""
    if verdict is None:
        return _text(404, "not found\n", question)
    if not verdict:
        challenges = [("WWW-Authenticate", challenge) for challenge in verdict.challenges]
        return _text(verdict.status, "unauthorized\n" if challenges else "forbidden\n", question, *challenges)
    if question.method not in METHODS:
        return _text(405, "method not allowed\n", question, ("Allow", ", ".join(METHODS)))
    return None


def _page_name(path: str) -> str:
    return path.rstrip("/")


def _patience(question: Request) -> float:
    """How long whoever asks will wait: Prometheus says it."""
    try:
        seconds = float(question.header("x-prometheus-scrape-timeout-seconds"))
    except ValueError:
        return _PATIENCE
    return min(seconds, _MOST_PATIENCE) if seconds > 0 else _PATIENCE


def _page(rendered: _Rendered, question: Request) -> Response:
    headers = [
        ("Content-Type", rendered.content_type),
        ("Vary", "Accept, Accept-Encoding"),
        ("Cache-Control", "no-store"),
    ]
    if rendered.coding:
        headers.append(("Content-Encoding", rendered.coding))
    return _answer(200, headers, rendered.parts, question)


def _busy(question: Request) -> Response:
    return _text(503, "too many scrapes at once\n", question, ("Retry-After", str(_RETRY_AFTER)))


def _failed(question: Request) -> Response:
    logger.exception("mcp_perf could not answer a request for its metrics")
    return _text(503, "this scrape failed\n", question, ("Retry-After", str(_RETRY_AFTER)))


def _text(status: int, text: str, question: Request, *headers: tuple[str, str]) -> Response:
    fields = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *headers]
    return _answer(status, fields, [text.encode()], question)


def _answer(
    status: int, headers: list[tuple[str, str]], parts: Sequence[bytes], question: Request
) -> Response:
    headers.append(("Content-Length", str(sum(map(len, parts)))))
    return Response(status, tuple(headers), () if question.method == "HEAD" else parts)
