"""The summary as text: JSON in parts, an entry of a list on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..pace import Pace, parts, unpaced

_LINES = 64  # to a part
_encode = json.JSONEncoder(allow_nan=False).encode


def text(entry: Any) -> bytes:
    """An entry as `written` takes it: its text."""
    return _encode(entry).encode()


def columns(value: Any) -> Any:
    """A value with its lists as text, each of which is on one line then."""
    if isinstance(value, dict):
        return {key: columns(one) for key, one in value.items()}
    return text(value) if isinstance(value, list) else value


def written(summary: dict[str, Any], pace: Pace = unpaced) -> list[bytes]:
    """The bytes of a summary, in parts, at a pace; they end in a newline.

    Each line is written by the encoder in C: one call for everything would keep all other threads for as
    long as it takes, and indentation throughout takes the encoder in Python.
    """
    found = []
    for lines in parts(_lines(summary, "\n"), _LINES):
        found.append("".join(lines).encode())
        pace()
    return [*found, b"\n"]


def _lines(value: Any, newline: str) -> Iterator[str]:
    """The text of a value; what is within it begins with `newline`."""
    if isinstance(value, bytes):
        yield value.decode()
        return
    if not _is_long(value):
        yield _encode(value)
        return
    within = newline + "  "
    named = isinstance(value, dict)
    before = "{" if named else "["
    for key in value:
        yield f"{before}{within}{_encode(key)}: " if named else before + within
        yield from _lines(value[key] if named else key, within)
        before = ","
    yield newline + ("}" if named else "]")


def _is_long(value: Any) -> bool:
    """Whether there is a list in it, or text."""
    if isinstance(value, dict):
        return any(map(_is_long, value.values()))
    return isinstance(value, (list, bytes)) and bool(value)
