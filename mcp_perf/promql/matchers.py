"""Matchers: which series an expression is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import isfinite

from ..exposition.text.numerals import numeral
from ..signals import Signal

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_MATCHER = r'\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"\s*'
_MATCHERS = re.compile(rf"{_MATCHER}(?:,{_MATCHER})*")
_BACKSLASHED = r"\\\g<0>"


def failed(signal: Signal) -> str:
    """The matcher of what has failed."""
    return f'{signal.outcome}=~"{signal.failure}"'


def succeeded(signal: Signal) -> str:
    """The matcher of what has not failed."""
    return f'{signal.outcome}!~"{signal.failure}"'


def matcher(label: str, values: Sequence[str]) -> str:
    """The matcher of a label that has one of the values, whatever their characters."""
    if len(values) == 1:
        return f"{label}={_quoted(values[0])}"
    return f"{label}=~{_quoted('|'.join(_SPECIAL.sub(_BACKSLASHED, value) for value in values))}"


def bound(*seconds: float) -> str:
    """The matcher of buckets; some write a whole number with a fraction, and some do not."""
    texts = [
        text
        for one in seconds
        for text in dict.fromkeys((numeral(one), f"{one:g}" if isfinite(one) else numeral(one)))
    ]
    return matcher("le", texts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


def chosen(matchers: Iterable[str]) -> str:
    """What stands behind a name to choose the series that fit all of them."""
    found = ", ".join(filter(None, matchers))
    return f"{{{found}}}" if found else ""


def matchers_in(text: str) -> tuple[str, ...]:
    """Matchers as somebody writes them, with or without braces; ValueError for anything else."""
    found = text.strip().removeprefix("{").removesuffix("}").strip().rstrip(",")
    if found and not _MATCHERS.fullmatch(found):
        raise ValueError(f"there are no matchers in {text!r}")
    return (found,) if found else ()
