"""Numbers as JSON has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from ..registry.snapshot import finite

Number = float | int | None

_EXACT = 2.0**53  # above it a float no longer tells one whole number from the next


def number(value: float) -> Number:
    """A count as a whole number where it is one; None for what JSON has no number for."""
    found = finite(value)
    return int(found) if found is not None and abs(found) <= _EXACT and found == int(found) else found


def added(values: Iterable[float]) -> Number:
    """The sum of all values."""
    return number(sum(values))


def failures(events: Number, errors: Number) -> dict[str, Number]:
    """How many of the events have failed, and which share of them."""
    return {"errors": errors, "error_rate": (errors or 0) / events if events else None}


def date(seconds: float) -> str:
    """A moment, in seconds since the epoch, as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
