"""What the query string of ``/metrics/summary`` may ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

MOST = 10_000
_WHOLE = re.compile("[1-9][0-9]{0,4}")
_SHOWN = 40  # characters of a wrong value
_FIELDS = 1000


@dataclass(frozen=True)
class Options:
    """`top`: how many entries each list has at most, None for all."""

    top: int | None = None


def options_of(query: str) -> Options:
    """The options that a query string asks for; ValueError, in one sentence, for a wrong value.

    Parameters that mean nothing here are ignored.
    """
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise ValueError(f"the query string must have at most {_FIELDS} parameters") from None
    given = [value for name, value in fields if name == "top"]
    if not given:
        return Options()
    if len(given) > 1:
        raise ValueError(f"top must be given once, not {len(given)} times")
    return Options(_top(given[0]))


def check_top(top: object) -> None:
    """ValueError unless `top` is what a summary can be shortened to, or None."""
    if top is not None and (isinstance(top, bool) or not isinstance(top, int) or top < 1):
        raise ValueError(f"top must be a whole number above 0, or None for all, not {top!r}")


def _top(text: str) -> int:
    if _WHOLE.fullmatch(text) and int(text) <= MOST:
        return int(text)
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    raise ValueError(f"top must be a whole number from 1 to {MOST}, not {shown!r}")
