"""A file of tokens that may change."""

from __future__ import annotations

import logging
import os
import re
import stat
import time
from typing import NamedTuple

from ..storage.atomic import Lock
from .digests import Secrets, unfit

logger = logging.getLogger("mcp_perf")

LIMIT = 64 << 10  # bytes: it may be read in an event loop
# Within this, a file system may give two writes one and the same time.
_SETTLED_NS = 2_000_000_000
_TOKEN = re.compile(r"[!-~]+")


def is_token(value: object) -> bool:
    """Whether a header can carry `value` as a token."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


class Reading(NamedTuple):
    """What the file had: replaced whole, so that threads never see one half of each of two."""

    signature: tuple[int, ...] | None
    tokens: Secrets
    trouble: str = ""


class TokenFile:
    """The tokens in the file at `path`, one a line; the last ones hold while it has none that can be read."""

    def __init__(self, path: str | os.PathLike[str], setting: str) -> None:
        where = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
        if not isinstance(where, str):
            raise unfit(setting, "a path")
        self.path = where
        self._lock = Lock()
        self._last = self._now(Reading(None, Secrets(())))
        # No path in the error: who takes this setting for that of the token itself has the token there.
        if self._last.trouble:
            raise unfit(setting, f"a file with a token on each line, but {self._last.trouble}")

    def tokens(self) -> Secrets:
        """The tokens as they are now."""
        now = self._now(self._last)
        with self._lock:
            last, self._last = self._last, now
        if now.trouble and not last.trouble:
            logger.warning(
                "mcp_perf keeps the tokens that it has read from %s before: %s", self.path, now.trouble
            )
        return now.tokens

    def _now(self, last: Reading) -> Reading:
        try:
            status = os.stat(self.path)
            if _signature(status) == last.signature:
                return last
            # Opening a pipe would wait for its writer.
            if not stat.S_ISREG(status.st_mode):
                return Reading(None, last.tokens, "it is no regular file")
            with open(self.path, "rb") as file:
                status = os.fstat(file.fileno())
                content = file.read(LIMIT + 1)
        except OSError as error:
            return Reading(None, last.tokens, f"it cannot be read ({error.strerror})")
        except ValueError:  # a path with a NUL
            return Reading(None, last.tokens, "it cannot be read")
        age = time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns)
        signature = _signature(status) if abs(age) > _SETTLED_NS else None
        found = _tokens(content)
        if isinstance(found, str):
            return Reading(signature, last.tokens, found)
        return Reading(signature, Secrets(found))


def _tokens(content: bytes) -> list[str] | str:
    """The tokens in `content`, or what is wrong with it."""
    if len(content) > LIMIT:
        return f"it is longer than {LIMIT} bytes"
    # Latin 1 reads any bytes; those that are not ASCII are no token.
    text = content.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    lines = [line.strip(" \t") for line in re.split("\r\n|\r|\n", text)]
    for number, line in enumerate(lines, 1):
        if line and not is_token(line):
            return f"line {number} has something else than visible ASCII characters without spaces"
    return list(dict.fromkeys(filter(None, lines))) or "it has no token"


def _signature(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
