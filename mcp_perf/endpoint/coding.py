"""Content codings: what a body is compressed with."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from werkzeug.http import parse_accept_header

from ..pace import Pace

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: with gzip's header
_LEVEL = 5
_ZSTD_LEVEL = 3


def choose(accept_encoding: str) -> str:
    """``zstd``, ``gzip`` or ``""`` for none: what an Accept-Encoding header likes best of what is there."""
    if not accept_encoding:
        return ""
    try:
        accepted = parse_accept_header(accept_encoding)
        offered = ["zstd", "gzip"] if _zstd() is not None else ["gzip"]
        best = max(offered, key=accepted.quality)
        # What is not named takes part only where nothing at all is said of it.
        return best if accepted.quality(best) > 0 and accepted.quality(best) >= _plain(accepted) else ""
    except Exception:  # of a header that nobody can read
        return ""


def coded(parts: Sequence[bytes], coding: str, pace: Pace) -> Sequence[bytes]:
    """The parts of a body, compressed."""
    if not coding:
        return parts
    squeeze: Any
    if coding == "gzip":
        squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    else:
        squeeze = _zstd().ZstdCompressor(level=_ZSTD_LEVEL).compressobj()
    found = []
    for part in parts:
        found.append(squeeze.compress(part))
        pace()
    found.append(squeeze.flush())
    return [part for part in found if part]


def _plain(accepted: Any) -> float:
    is_named = any(name.lower() == "identity" for name, _ in accepted)
    return float(accepted.quality("identity")) if is_named else 0.0


@cache
def _zstd() -> Any:
    try:
        return importlib.import_module("zstandard")
    except ImportError:
        return None
