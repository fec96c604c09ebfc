"""The methods that get a label of their own, and what is kept for each."""

from __future__ import annotations

from typing import Any

from ..registry.series import Promise, Series, Write
from ..storage.slots import Slots

# RFC 9110 section 9, RFC 5789 (PATCH) and the QUERY method: what OpenTelemetry's semantic conventions name.
KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})
OTHER = "_OTHER"


def known(method: object) -> str:
    """`method` if it is a registered one, `_OTHER` else; methods are case-sensitive."""
    return method if isinstance(method, str) and method in KNOWN else OTHER


class Method:
    """What the hot path needs of one method: the gauge of its requests in progress, and its finishers.

    A finisher writes down an exchange that has ended, given its seconds, and takes it out of progress. Its
    key is what the exchange has: the raw route and the status. Promises, under the same keys, are made only
    `is_survived`: where somebody reads what this process has written after it was killed.
    """

    __slots__ = (
        "__weakref__",
        "finishers",
        "gauge",
        "in_progress",
        "is_survived",
        "label",
        "promises",
    )

    def __init__(self, label: str, gauge: Series) -> None:
        self.label = label
        self.gauge = gauge
        self.in_progress: Slots = gauge.slots
        self.is_survived = isinstance(gauge.slots, memoryview)
        self.promises: dict[tuple[str | None, int], Promise] = {}
        self.finishers: dict[tuple[str | None, int], Write] = {}


class Uncounted(dict[Any, Write]):
    """The finishers of exchanges that somebody else counts."""

    def __missing__(self, key: object) -> Write:
        return _nothing


def _nothing(elapsed: float) -> None:
    """Finish an exchange without a trace."""
