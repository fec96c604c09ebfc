"""Numerals: numbers as Prometheus writes them."""

from __future__ import annotations

import sys

from prometheus_client.utils import floatToGoString

# Between these Go writes an exponent where Python does not; below, both write alike.
EXPONENT_FROM, EXPONENT_TO = 1e6, 1e16
LEAST = -sys.float_info.max


def numeral(value: float) -> str:
    """`value` as Prometheus writes numbers."""
    if LEAST <= value < EXPONENT_FROM:
        return repr(value)
    if EXPONENT_FROM <= value < EXPONENT_TO:
        whole, _, fraction = repr(value).partition(".")
        return f"{whole[0]}.{whole[1:]}{fraction}".rstrip("0.") + f"e+{len(whole) - 1:02d}"
    text: str = floatToGoString(value)  # type: ignore[no-untyped-call]
    return text


class _Counts(dict[float, bytes]):
    """Counts as Prometheus writes them; most buckets hold a few, or nothing."""

    def __missing__(self, value: float) -> bytes:
        return numeral(value).encode()


# It does not tell 0.0 from -0.0, which no count is.
numeral_of_count = _Counts({float(number): b"%d.0" % number for number in range(1000)}).__getitem__
