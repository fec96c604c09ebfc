"""Bearer tokens (RFC 6750), given or in a file."""

from __future__ import annotations

import os

from .authorization import credentials
from .digests import Secrets, encoded, unfit
from .request import Request
from .rules import Plain
from .token_file import TokenFile, is_token
from .verdict import ALLOWED, Verdict, unauthorized

TOKEN = "visible ASCII characters without spaces, at least one"


class Bearer(Plain):
    """Allows who has one of the tokens."""

    challenge = 'Bearer realm="metrics"'

    def __init__(self, tokens: Secrets, file: TokenFile | None) -> None:
        self._tokens = tokens
        self._file = file

    def verdict(self, request: Request) -> Verdict:
        """Compares with all tokens, also those after the right one."""
        given = credentials(request.header("authorization"), "bearer")
        if given is not None:
            token = encoded(given)
            is_right = self._tokens.hold(token)
            if self._file is not None:
                is_right |= self._file.tokens().hold(token)
            if is_right:
                return ALLOWED
        return unauthorized(self.challenge)

    def __repr__(self) -> str:
        parts = [f"{len(self._tokens)} given"] if self._tokens else []
        if self._file is not None:
            parts.append(f"file={self._file.path!r}")
        return f"bearer({', '.join(parts)})"


def bearer(*tokens: str, file: str | os.PathLike[str] | None = None) -> Bearer:
    """A rule that allows who has one of `tokens`, or one of the lines of `file`.

    Several tokens are for rotation. The file is read again when it changes; while it cannot be read, or has
    no token, what was last read of it holds.
    """
    return build(tokens, file, "the tokens of bearer()", "the file of bearer()")


def build(
    tokens: tuple[str, ...],
    file: str | os.PathLike[str] | None,
    tokens_setting: str,
    file_setting: str,
) -> Bearer:
    """The same, with the names of its settings for errors."""
    if not tokens and file is None:
        raise ValueError("bearer() must be given a token or a file")
    if not all(is_token(token) for token in tokens):
        raise unfit(tokens_setting, TOKEN)
    return Bearer(Secrets(tokens), None if file is None else TokenFile(file, file_setting))
