"""Ranges of time, as somebody asks for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from ..errors import wrong

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile("([0-9]{1,9})([smhdw])")
_LONGEST = 366 * 86400
_MOMENT = "a duration such as 30m or 1h30m (before now), or a date such as 2026-01-31T12:00:00Z"
_BEFORE = "'previous', a duration such as 1d (that much earlier), or a date such as 2026-01-31T12:00:00Z"


@dataclass(frozen=True)
class Range:
    """From `begin` to `end`, both in whole seconds since the epoch."""

    begin: int
    end: int

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.end - self.begin

    def earlier(self, seconds: int) -> Range:
        """As long, so much earlier."""
        return Range(self.begin - seconds, self.end - seconds)

    def halves(self) -> tuple[Range, Range]:
        """It in two."""
        middle = (self.begin + self.end) // 2
        return Range(self.begin, middle), Range(middle, self.end)

    def around(self, begin: int, end: int) -> list[Range]:
        """What of it is before and after these moments, if anything."""
        found = Range(self.begin, begin), Range(end, self.end)
        return [one for one in found if one.seconds > 0]

    def aligned(self, width: int) -> list[Range]:
        """It in pieces from one multiple of that width to the next; none, where it has no whole one."""
        return Range(self.begin, self.end // width * width).slices(width)

    def slices(self, width: int) -> list[Range]:
        """It in pieces of that width; what is left over at the beginning is in none."""
        number = self.seconds // width
        return [
            Range(self.end - place * width, self.end - (place - 1) * width) for place in range(number, 0, -1)
        ]


def range_of(since: str, until: str, now: float) -> Range:
    """The range from `since` to `until`, which is now if it is empty; ValueError, in one sentence."""
    end = _moment("--until", until, now) if until else int(now)
    seconds = _seconds(since)
    begin = end - seconds if seconds is not None else _moment("--since", since, now)
    if not 0 < end - begin <= _LONGEST or end > now + 1:
        raise wrong(
            "--since", since, f"before --until, by up to {_LONGEST // 86400} days, and no later than now"
        )
    return Range(begin, end)


def compared_with(text: str, asked: Range, now: float) -> Range:
    """The range, as long as `asked`, that this text says; ValueError, in one sentence."""
    if text == "previous":
        return asked.earlier(asked.seconds)
    seconds = _seconds(text)
    if seconds is not None:
        found = asked.earlier(seconds)
    else:
        try:
            begin = _date(text)
        except ValueError:
            raise wrong("--compare-to", text, _BEFORE) from None
        found = Range(begin, begin + asked.seconds)
    if found.begin < 0 or found.end > now + 1:
        raise wrong("--compare-to", text, "a range that has passed")
    return found


def date(moment: float) -> str:
    """A moment as RFC 3339 has it."""
    return datetime.fromtimestamp(moment, timezone.utc).isoformat().replace("+00:00", "Z")


def _moment(option: str, text: str, now: float) -> int:
    seconds = _seconds(text)
    if seconds is not None:
        return int(now) - seconds
    try:
        return _date(text)
    except ValueError:
        raise wrong(option, text, _MOMENT) from None


def _seconds(text: str) -> int | None:
    """What a duration comes to, None for what is none; a unit that is there twice is a slip, and no sum."""
    parts = _PART.findall(text)
    units = {unit for _, unit in parts}
    if not parts or len(units) < len(parts) or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in parts) or None


def _date(text: str) -> int:
    # Before Python 3.11 a Z was no zone.
    found = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone.utc)
    return int(found.timestamp())
