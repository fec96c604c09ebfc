"""Resolutions: in which steps the past is kept, and for how long."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from .errors import wrong

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile("([1-9][0-9]{0,5})([smhd])")
_MOST = 4
_LONGEST = 366 * 86400  # seconds of a span
_STEPS = 20_000  # that are kept of one
_ALLOWED = (
    "'off', or up to 4 pairs of step and span such as '5s:10m, 1m:6h', each step a multiple of the last and "
    "at most half its span, which is at most 366d"
)


@dataclass(frozen=True)
class Resolution:
    """A step and how long the steps are kept, both in seconds."""

    step: int
    span: int

    def __str__(self) -> str:
        return f"{_written(self.step)}:{_written(self.span)}"


def resolutions_of(setting: str, value: object) -> tuple[Resolution, ...]:
    """What such a text says, the finest first, none for ``off`` or None; ValueError for anything else.

    A coarser one must keep more, or nobody would ask it.
    """
    if value is None or value == "off":
        return ()
    if not isinstance(value, str):
        raise wrong(setting, value, _ALLOWED)
    found = []
    for pair in value.split(","):
        step, _, span = (one.strip() for one in pair.partition(":"))
        found.append(Resolution(_seconds(setting, value, step), _seconds(setting, value, span)))
    if len(found) > _MOST or not all(map(_is_allowed, found)):
        raise wrong(setting, value, _ALLOWED)
    for fine, coarse in itertools.pairwise(found):
        # Until a coarse step is over, the fine ones tell of it.
        is_kept = fine.span >= 2 * coarse.step and coarse.span > fine.span
        if coarse.step % fine.step or coarse.step == fine.step or not is_kept:
            raise wrong(setting, value, _ALLOWED)
    return tuple(found)


def _is_allowed(one: Resolution) -> bool:
    return 2 <= one.span / one.step <= _STEPS and one.span <= _LONGEST


def _seconds(setting: str, value: object, text: str) -> int:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise wrong(setting, value, _ALLOWED)
    return int(found[1]) * _UNITS[found[2]]


def _written(seconds: int) -> str:
    unit = next(unit for unit in reversed(_UNITS) if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"
