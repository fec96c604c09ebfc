"""Users with passwords (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from .authorization import credentials
from .digests import Secrets, unfit
from .request import Request
from .rules import Plain
from .verdict import ALLOWED, Verdict, unauthorized

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Basic(Plain):
    """Allows the users with the right password."""

    challenge = 'Basic realm="metrics", charset="UTF-8"'

    def __init__(self, users: Mapping[str, str]) -> None:
        # A name has no colon, so that no two users read the same.
        self._users = Secrets(f"{name}:{password}" for name, password in users.items())

    def verdict(self, request: Request) -> Verdict:
        """Compares with all users, also for a name that nobody has."""
        given = credentials(request.header("authorization"), "basic")
        pair = None if given is None else _decoded(given)
        if pair is not None and self._users.hold(pair):
            return ALLOWED
        return unauthorized(self.challenge)

    def __repr__(self) -> str:
        return f"basic({len(self._users)} given)"


def basic(users: Mapping[str, str]) -> Basic:
    """A rule that allows the users in `users`, a mapping of names to passwords."""
    if not isinstance(users, Mapping) or not users or not all(map(_is_user, users.items())):
        raise unfit(
            "the users of basic()",
            "a mapping of names to passwords, at least one, strings without control characters, none of them "
            "empty, no name with a ':'",
        )
    return Basic(users)


def _is_user(pair: tuple[object, object]) -> bool:
    name, password = pair
    return (
        isinstance(name, str)
        and isinstance(password, str)
        and bool(name and password)
        and ":" not in name
        and _UNFIT.search(name + password) is None
    )


def _decoded(given: str) -> bytes | None:
    if not given.isascii():
        return None
    try:
        return base64.b64decode(given, validate=True)
    except binascii.Error:
        return None
