"""Durations as Prometheus writes them."""

from __future__ import annotations

import re

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?", re.ASCII)

ALLOWED = "a duration from 1s, such as 90s, 5m, 1h30m or 3d"


def seconds(text: str) -> int:
    """How many seconds a duration has; ValueError for what is none, or is zero."""
    found = _DURATION.fullmatch(text)
    numbers = zip(found.groups(), _UNITS.values(), strict=True) if found else ()
    total = sum(int(number) * unit for number, unit in numbers if number)
    if not total:
        raise ValueError(f"must be {ALLOWED}, not {text!r}")
    return total


def said(duration: int) -> str:
    """So many seconds in the greatest unit that divides them."""
    unit, size = next((unit, size) for unit, size in _UNITS.items() if duration % size == 0)
    return f"{duration // size}{unit}"
