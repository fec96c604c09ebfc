"""The history of one monitor: kept by one of its workers, read by all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from ..pace import Pace, unpaced
from ..resolutions import Resolution
from .change import Change
from .frames import Frame
from .home import Home
from .selection import selected
from .track import Track
from .windows import Window, window_of

_REDUCED = 3000  # frames that something is kept of: more than usual resolutions have
_PARTS = 10  # that a window has at least

T = TypeVar("T")
# What somebody makes of a frame.
Reduce: TypeAlias = Callable[[Frame], T]


class History:
    """Reads what is kept at `home` in these resolutions, of which there may be none."""

    def __init__(self, home: Home, resolutions: Sequence[Resolution]) -> None:
        self._home = home
        self.resolutions = resolutions
        # What was made of the frames of each segment, as long as it has had that size.
        self._reduced: dict[tuple[Reduce[Any], str], tuple[int, list[tuple[Frame, Any]]]] = {}

    def window(self, seconds: float, now: float, pace: Pace = unpaced, until: float | None = None) -> Window:
        """What has come in the last `seconds`, as far as it is kept, give or take a tenth of them.

        Or in those up to `until`, in seconds since the epoch. LookupError where nothing is ever kept.
        """
        end = now if until is None else until
        resolution = self.resolution(now - end + seconds, seconds / _PARTS)

        def rows(
            track: Track, name: str, _: int, is_wanted: Callable[[Frame], bool]
        ) -> Iterator[tuple[Frame, None]]:
            return ((frame, None) for frame in track.read(name, lambda _, frame: is_wanted(frame), pace))

        # Of all resolutions, whatever is asked: so windows side by side have the same border.
        found = selected(self._tracks(self.resolutions[-1]), end - seconds, end, rows)
        return window_of((frame for frame, _ in found), resolution.step, pace)

    def resolution(self, seconds: float, step: float = 0.0) -> Resolution:
        """The coarsest one of those that keep so much whose step is not above `step`, or else the finest.

        Where none keeps so much it is the one that keeps most; LookupError where there is none.
        """
        if not self.resolutions:
            raise LookupError("no history is kept")
        enough = [one for one in self.resolutions if one.span >= seconds] or self.resolutions[-1:]
        return next((one for one in reversed(enough) if one.step <= step), enough[0])

    def reduced(
        self, reduce: Reduce[T], resolution: Resolution, begin: float, end: float, pace: Pace = unpaced
    ) -> list[tuple[Frame, T]]:
        """What `reduce`, a function of a module, makes of each frame between these moments.

        The frames are without their changes: what was made of one is kept as long as the frame is.
        """

        def rows(track: Track, name: str, size: int, _: Callable[[Frame], bool]) -> list[tuple[Frame, T]]:
            known_size, known = self._reduced.pop((reduce, name), (-1, []))
            if size != known_size:
                known = list(self._made(reduce, track, name, known, pace))
            self._reduced[reduce, name] = size, known  # the one that was asked for last comes last
            return known

        found = list(selected(self._tracks(resolution), begin, end, rows))
        self._forget()
        return found

    def _made(
        self, reduce: Reduce[T], track: Track, name: str, known: list[tuple[Frame, T]], pace: Pace
    ) -> Iterator[tuple[Frame, T]]:
        for number, frame in enumerate(track.read(name, lambda number, _: number >= len(known), pace)):
            yield known[number] if number < len(known) else (replace(frame, change=Change()), reduce(frame))
            pace()

    def _forget(self) -> None:
        """Forget what was made of segments that are there no more, and of more than so many frames."""
        there, kept = self._home.store().sizes(), 0
        for key, (_, rows) in reversed(list(self._reduced.items())):
            kept += len(rows)
            if key[1] not in there or kept > _REDUCED:
                self._reduced.pop(key, None)

    def _tracks(self, resolution: Resolution) -> list[Track]:
        """Those that tell of a time: of this resolution, and of finer ones."""
        store, place = self._home.store(), self.resolutions.index(resolution)
        return [Track(store, one) for one in reversed(self.resolutions[: place + 1])]
