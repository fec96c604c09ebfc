"""Numerals: numbers as Prometheus writes them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import isfinite

from prometheus_client.utils import floatToGoString

from ...pace import Pace, unpaced

# From here on Go writes an exponent where Python does not, and prometheus_client's versions differ in it.
_EXPONENT_FROM = 1e6
_BLOCK = 1000  # numbers that are written at once
_SMALL = 1000  # counts below are small
_SAMPLE = 32  # numbers that stand for all
_LEAST = -sys.float_info.max


def numeral(value: float) -> str:
    """`value` as Prometheus writes numbers."""
    if _LEAST <= value < _EXPONENT_FROM:
        return repr(value)
    text: str = floatToGoString(value)  # type: ignore[no-untyped-call]
    return text


def numerals(values: Sequence[float], pace: Pace = unpaced) -> list[str]:
    """Each value as Prometheus writes it."""
    if len(values) <= _BLOCK:
        return _numerals(values)
    found: list[str] = []
    for first in range(0, len(values), _BLOCK):
        found += _numerals(values[first : first + _BLOCK])
        pace()
    return found


def _numerals(values: Sequence[float]) -> list[str]:
    sample = values[:: len(values) // _SAMPLE + 1]
    if 2 * sum(map(_TEXTS.__contains__, sample)) > len(sample):
        return list(map(_TEXTS.__getitem__, values))
    # With an infinity, or what is no number, the sum is one too.
    is_plain = max(values, default=0.0) < _EXPONENT_FROM and isfinite(sum(values))
    return list(map(repr if is_plain else numeral, values))


class _Texts(dict[float, str]):
    """Numbers as Prometheus writes them; small counts, which are many, are ready."""

    def __missing__(self, value: float) -> str:
        return numeral(value)


# Without zero: a dictionary does not tell 0.0 from -0.0.
_TEXTS = _Texts({float(number): f"{number}.0" for number in range(1, _SMALL)})


class _Counts(dict[float, bytes]):
    """Counts as Prometheus writes them; most buckets hold a few, or nothing."""

    def __missing__(self, value: float) -> bytes:
        return numeral(value).encode()


# With zero, since no count is -0.0.
numeral_of_count = _Counts({float(number): b"%d.0" % number for number in range(_SMALL)}).__getitem__
