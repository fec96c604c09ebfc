"""The one handler behind every face of the metrics app: a request in, an answer out, no framework."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from werkzeug.http import parse_accept_header

from .monitor import PerformanceMonitor
from .summary import summarise

METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class Request:
    """What the endpoint needs to know of a request.

    `path` is the rest of the path below where the metrics app is mounted; the strings are header values,
    empty where the header is missing, several of one name joined by commas. `is_multiprocess` is what WSGI's
    ``wsgi.multiprocess`` says: that another process may serve the same application.
    """

    method: str
    path: str
    query: str = ""
    accept: str = ""
    accept_encoding: str = ""
    is_multiprocess: bool = False


@dataclass(frozen=True)
class Response:
    """Status, header fields and body; the body is left out for HEAD, its length is not."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Endpoint:
    """Answers ``/metrics`` and ``/metrics/summary`` for one monitor."""

    def __init__(self, monitor: Callable[[], PerformanceMonitor]) -> None:
        self._monitor = monitor
        self._pages = {"": self._metrics, "/summary": self._summary}

    def answer(self, question: Request) -> Response:
        """The answer to a request."""
        page = self._pages.get(question.path.rstrip("/"))
        if page is None:
            return _text(404, "not found\n", question)
        if question.method not in METHODS:
            return _text(405, "method not allowed\n", question, ("Allow", ", ".join(METHODS)))
        if question.is_multiprocess:
            self._monitor().suspect_siblings("its server runs several processes (wsgi.multiprocess)")
        content_type, body = page(question)
        headers = [
            ("Content-Type", content_type),
            ("Vary", "Accept, Accept-Encoding"),
            ("Cache-Control", "no-store"),
        ]
        if _takes_gzip(question.accept_encoding):
            body = gzip.compress(body, compresslevel=5, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        return _answer(200, headers, body, question)

    def _metrics(self, question: Request) -> tuple[str, bytes]:
        names = parse_qs(question.query).get("name[]", [])
        return self._monitor().render(question.accept, names)

    def _summary(self, question: Request) -> tuple[str, bytes]:  # noqa: ARG002 - its options come later
        summary = summarise(self._monitor().snapshot())
        return "application/json", json.dumps(summary, allow_nan=False, indent=2).encode() + b"\n"


def _takes_gzip(accept_encoding: str) -> bool:
    return bool(accept_encoding) and parse_accept_header(accept_encoding).quality("gzip") > 0


def _text(status: int, text: str, question: Request, *headers: tuple[str, str]) -> Response:
    return _answer(status, [("Content-Type", "text/plain; charset=utf-8"), *headers], text.encode(), question)


def _answer(status: int, headers: list[tuple[str, str]], body: bytes, question: Request) -> Response:
    headers.append(("Content-Length", str(len(body))))
    return Response(status, tuple(headers), b"" if question.method == "HEAD" else body)
