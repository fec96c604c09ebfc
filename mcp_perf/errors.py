"""What is said of a wrong setting, in the one form that all have, and the check of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

_LONGEST = 200  # characters of a value


def wrong(setting: str, value: object, allowed: str) -> ValueError:
    """It names the setting, the value and what is allowed."""
    return ValueError(f"{setting} must be {allowed}, not {_shown(value)}")


def number(setting: str, value: object, is_right: Callable[[float], bool], allowed: str) -> float:
    """`value`, if it is a finite number, no bool, and right; ValueError otherwise."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:  # whole numbers have no end
            found = math.inf
        if math.isfinite(found) and is_right(found):
            return found
    raise wrong(setting, value, allowed)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # numbers of very many digits, say, have none
        return f"something of type {type(value).__name__}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
