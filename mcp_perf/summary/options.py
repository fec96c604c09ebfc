"""What the query string of ``/metrics/summary`` may ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

MOST = 10_000
LONGEST = 31 * 24 * 3600  # seconds
_WHOLE = re.compile("[1-9][0-9]{0,9}")
_SHOWN = 40  # characters of a wrong value
_FIELDS = 1000
_LATEST = 9_999_999_999  # seconds since the epoch
_LIMITS = {"top": MOST, "window": LONGEST, "step": LONGEST, "until": _LATEST}


@dataclass(frozen=True)
class Options:
    """`top`: how many entries each list has at most, None for all.

    `window`: only what has come in the last so many seconds, or in those up to `until`, in seconds since the
    epoch; `step`: that in steps of so many seconds, which are for plots. None for all that has ever come.
    """

    top: int | None = None
    window: int | None = None
    step: int | None = None
    until: int | None = None


def options_of(query: str) -> Options:
    """The options that a query string asks for; ValueError, in one sentence, for a wrong value.

    Parameters that mean nothing here are ignored.
    """
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise ValueError(f"the query string must have at most {_FIELDS} parameters") from None
    found: dict[str, int] = {}
    for name, most in _LIMITS.items():
        given = [value for field, value in fields if field == name]
        if len(given) > 1:
            raise ValueError(f"{name} must be given once, not {len(given)} times")
        if given:
            found[name] = _whole(name, given[0], most)
    for name in ("step", "until"):
        if name in found and "window" not in found:
            raise ValueError(f"{name} must come with window, which says of how many seconds")
    return Options(**found)


def check_top(top: object) -> None:
    """ValueError unless `top` is what a summary can be shortened to, or None."""
    if top is not None and (isinstance(top, bool) or not isinstance(top, int) or top < 1):
        raise ValueError(f"top must be a whole number above 0, or None for all, not {top!r}")


def _whole(name: str, text: str, most: int) -> int:
    if _WHOLE.fullmatch(text) and int(text) <= most:
        return int(text)
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    raise ValueError(f"{name} must be a whole number from 1 to {most}, not {shown!r}")
