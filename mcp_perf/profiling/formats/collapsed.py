"""Collapsed stacks: a line for each, as Brendan Gregg's FlameGraph and most others read them.

``outermost;…;innermost 120``: the number are milliseconds. What is said of the whole stands in front, in
lines that begin with ``#`` and end in no number, so that readers skip them (as Austin's do).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...pace import Pace
from ...words import plain
from ..profile import Frame, Profile

CONTENT_TYPE = "text/plain; charset=utf-8"


def collapsed(profile: Profile, pace: Pace) -> Iterator[bytes]:
    """The lines of a profile, those with most time first."""
    lines = [*profile.told(), "the number behind each stack is its time in milliseconds (ms)"]
    yield "".join(f"# {plain(line)}.\n" for line in lines).encode("utf-8", "replace")
    for stack, seconds in sorted(profile.stacks.items(), key=lambda one: -one[1]):
        text = ";".join(map(_text, stack))
        yield f"{text} {max(round(1000 * seconds), 1)}\n".encode("utf-8", "replace")
        pace()


def _text(frame: Frame) -> str:
    return plain(str(frame)).replace(";", ":")
