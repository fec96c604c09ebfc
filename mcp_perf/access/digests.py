"""Secrets, of which only what it takes to know them again is kept."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable


class Secrets:
    """Digests by a key of their own, so that nothing else can be made of them, and lengths do not tell."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._key = os.urandom(32)
        self._digests = tuple(self._digest(encoded(secret)) for secret in secrets)

    def __len__(self) -> int:
        return len(self._digests)

    def hold(self, given: bytes) -> bool:
        """Whether `given` is one of them, in the same time whichever it is."""
        digest = self._digest(given)
        found = False
        for one in self._digests:
            found |= hmac.compare_digest(digest, one)
        return found

    def _digest(self, secret: bytes) -> bytes:
        return hmac.digest(self._key, secret, "sha256")


def encoded(text: str) -> bytes:
    """`text` as bytes, whatever is in it."""
    return text.encode("utf-8", "surrogatepass")


def unfit(setting: str, allowed: str) -> ValueError:
    """The error of a wrong setting that may be a secret: its value is left out."""
    return ValueError(f"{setting} must be {allowed}")
