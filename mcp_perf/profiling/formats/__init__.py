"""The formats that a profile is told in."""

from __future__ import annotations

from collections.abc import Sequence

from ...pace import Pace, collected
from ..profile import Profile
from . import collapsed, page, speedscope

__all__ = ["told"]


def told(profile: Profile, below: str, pace: Pace) -> tuple[str, Sequence[bytes]]:
    """The content type and the parts of a profile in the format that was asked for, made at a pace.

    `below` is what leads from the address of a page to what is below it.
    """
    name = profile.options.format
    if name == "collapsed":
        return collapsed.CONTENT_TYPE, collected(collapsed.collapsed(profile, pace), pace)
    if name == "speedscope":
        return speedscope.CONTENT_TYPE, collected(speedscope.speedscope(profile, pace), pace)
    return page.CONTENT_TYPE, collected(page.page(profile, below, pace), pace)
