"""The methods that get a label of their own, and what is kept for each."""

from __future__ import annotations

from collections.abc import Callable

from ..storage.pages import Slots

# RFC 9110 section 9, RFC 5789 (PATCH) and the QUERY method: what OpenTelemetry's semantic conventions name.
KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})
OTHER = "_OTHER"


def known(method: object) -> str:
    """`method` if it is a registered one, `_OTHER` else; methods are case-sensitive."""
    return method if isinstance(method, str) and method in KNOWN else OTHER


class Method:
    """What the hot path needs of one method: the slot of its requests in progress, and its finishers.

    A finisher writes down an exchange that has ended, given its seconds, and takes it out of progress. Its
    key is what the exchange has: the raw route and the status.
    """

    __slots__ = ("finishers", "in_progress", "label")

    def __init__(self, label: str, in_progress: Slots) -> None:
        self.label = label
        self.in_progress = in_progress
        self.finishers: dict[tuple[str | None, int], Callable[[float], None]] = {}
