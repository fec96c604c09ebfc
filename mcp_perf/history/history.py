"""The history of one monitor: kept by one of its workers, read by all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from ..pace import Pace, unpaced
from ..resolutions import Resolution
from .change import Change
from .frames import Frame
from .home import Home
from .track import Track
from .windows import Window, window_of

T = TypeVar("T")
# What somebody makes of a frame.
Reduce: TypeAlias = Callable[[Frame], T]


class History:
    """Reads what is kept at `home` in these resolutions, of which there may be none."""

    def __init__(self, home: Home, resolutions: Sequence[Resolution]) -> None:
        self._home = home
        self.resolutions = resolutions
        # What was made of the frames of each resolution, by their ends.
        self._reduced: dict[tuple[Reduce[Any], Resolution], dict[float, Any]] = {}

    def window(self, seconds: float, now: float, pace: Pace = unpaced) -> Window:
        """What has come in the last `seconds`, as far as it is kept. LookupError where nothing ever is."""
        resolution = self.resolution(seconds)
        frames = self._track(resolution).frames(now - seconds, now, pace)
        return window_of(frames, resolution.step, pace)

    def resolution(self, seconds: float) -> Resolution:
        """The finest one that keeps so much, or the one that keeps most; LookupError where none does."""
        if not self.resolutions:
            raise LookupError("no history is kept")
        return next((one for one in self.resolutions if one.span >= seconds), self.resolutions[-1])

    def reduced(
        self, reduce: Reduce[T], resolution: Resolution, begin: float, end: float, pace: Pace = unpaced
    ) -> list[tuple[Frame, T]]:
        """What `reduce`, a function of a module, makes of each frame that ended between these moments.

        The frames are without their changes: what was made of one is kept as long as the frame is.
        """
        known = self._reduced.get((reduce, resolution), {})
        found = []
        for frame in self._track(resolution).frames(begin, end, pace, known.__contains__):
            made = known[frame.ended] if frame.ended in known else reduce(frame)
            found.append((replace(frame, change=Change()), made))
            pace()
        kept = {ended: made for ended, made in known.items() if ended > end - resolution.span}
        self._reduced[reduce, resolution] = kept | {frame.ended: made for frame, made in found}
        return found

    def _track(self, resolution: Resolution) -> Track:
        return Track(self._home.store(), resolution)
