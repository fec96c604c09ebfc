"""What a rule says of a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from re import compile as pattern

_FIELD = pattern(r"[\t -~\xa0-\xff]+")  # what the value of a header field may be


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass; true where it may.

    `status` is 200, 401 where other credentials would help, 403 where none can; `challenges` are the values
    of WWW-Authenticate that go with a 401.
    """

    allowed: bool
    status: int
    challenges: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.status not in ((200,) if self.allowed else (401, 403)):
            raise ValueError("status must be 200 of what is allowed, 401 or 403 of what is not")
        if not all(isinstance(one, str) and _FIELD.fullmatch(one) for one in self.challenges):
            raise ValueError("challenges must be texts of visible Latin 1 characters and spaces")

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Verdict(True, 200)
FORBIDDEN = Verdict(False, 403)


def unauthorized(*challenges: str) -> Verdict:
    """Refused until other credentials come, by one of `challenges`."""
    return Verdict(False, 401, tuple(dict.fromkeys(challenges)))


def joined(refused: Sequence[Verdict]) -> Verdict:
    """One refusal for several: 401 where one of them is."""
    if all(one.status != 401 for one in refused):
        return FORBIDDEN
    return unauthorized(*(challenge for one in refused for challenge in one.challenges))
