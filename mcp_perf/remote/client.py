"""Asking over HTTP, with what access takes."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

PATIENCE = 10.0  # seconds
_MOST = 64 << 20  # bytes of an answer
_PART = 1 << 16
_SAID = 200  # bytes of a refusal


class NoAnswerError(Exception):
    """There is no answer to be read, in one sentence; `status` is that of HTTP, 0 for none."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


class TooMuchError(NoAnswerError):
    """What was asked is more than the server does at once, or than anybody waits for or keeps."""


class Client:
    """Asks below `url`, with a bearer token, or as ``user:password``.

    `patience` is how many seconds a whole answer may take.
    """

    def __init__(self, url: str, token: str = "", user: str = "", patience: float = PATIENCE) -> None:
        self._patience = patience
        self.url = checked(url).rstrip("/")
        self._access = ""
        if token.strip():
            self._access = f"Bearer {token.strip()}"
        elif user:
            self._access = f"Basic {base64.b64encode(user.encode()).decode()}"
        if not self._access.isascii() or not self._access.isprintable():
            raise ValueError("a token must be of visible ASCII characters")

    def json(self, path: str, **query: object) -> Any:
        """The JSON that is there; NoAnswerError, of which what is too long or too slow is a TooMuchError."""
        found = self._read(path, query, "application/json")
        try:
            return json.loads(found)
        except (ValueError, RecursionError):
            raise NoAnswerError(f"{self.url}{path} is no JSON", 200) from None

    def text(self, path: str) -> str:
        """The plain text that is there; NoAnswerError."""
        return self._read(path, {}, "text/plain").decode("utf-8", "replace")

    def _read(self, path: str, query: Mapping[str, object], accept: str) -> bytes:
        where = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        request = Request(where, headers={"Accept": accept})
        if self._access:
            # Wherever a redirect leads, this is not for there.
            request.add_unredirected_header("Authorization", self._access)
        try:
            with urlopen(request, timeout=self._patience) as answer:
                return self._whole(answer)
        except HTTPError as error:
            said = _beginning(error).strip().split("\n")[0] or error.reason
            raise NoAnswerError(f"{self.url}{path} answers {error.code} ({said})", error.code) from None
        except TimeoutError:  # not while connecting, which is an URLError
            raise TooMuchError(f"{self.url} does not answer within {self._patience:g} s") from None
        except (HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise NoAnswerError(f"{self.url} does not answer ({reason})") from None

    def _whole(self, answer: IO[bytes]) -> bytes:
        """All of an answer, which may be neither without end nor slow without end."""
        until, found = time.monotonic() + self._patience, bytearray()
        while part := answer.read1(_PART):  # type: ignore[attr-defined]
            found += part
            if len(found) > _MOST or time.monotonic() > until:
                raise TooMuchError(f"{self.url} does not come to an end with its answer")
        return bytes(found)


def _beginning(error: HTTPError) -> str:
    """What a refusal says, as far as it comes: its status is known whatever becomes of the rest."""
    try:
        with error:
            return str(error.read1(_SAID).decode("utf-8", "replace"))
    except (HTTPException, OSError):
        return ""


def checked(url: str) -> str:
    """`url`, with a scheme; ValueError for what is none of HTTP."""
    whole = url if "//" in url else f"http://{url}"
    parts = urlsplit(whole)
    try:
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if "@" in parts.netloc:
        raise ValueError("URL must have no user and no password: give them by --user or MCP_PERF_USER")
    if parts.scheme not in ("http", "https") or not is_whole or parts.query or not whole.isprintable():
        raise ValueError(f"URL must be one of http or https, not {url!r}")
    return whole
