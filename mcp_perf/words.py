"""Numbers as people read them."""

from __future__ import annotations

NOTHING = "–"


def duration(seconds: float | None) -> str:
    """A short time, in the unit that fits it."""
    if seconds is None:
        return NOTHING
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def percent(share: float | None) -> str:
    """A share of the whole."""
    return NOTHING if share is None else f"{100 * share:.1f} %"


def plain(text: str) -> str:
    """Text without what a terminal would obey, or would begin a line: labels may be anybody's."""
    return "".join(one if one.isprintable() else "?" for one in text)
