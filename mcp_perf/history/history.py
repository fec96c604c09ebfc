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
        end = now if until is None else min(until, now)
        resolution = self.resolution(now - end + seconds, seconds / _PARTS)
        return window_of(self._frames(resolution, end - seconds, end, pace), resolution.step, pace)

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
        """What `reduce`, a function of a module, makes of each frame that ended between these moments.

        The frames are without their changes: what was made of one is kept as long as the frame is.
        """
        found: list[tuple[Frame, T]] = []
        for track in self._tracks(resolution):
            for name, size in track.segments(begin):
                known_size, rows = self._reduced.get((reduce, name), (-1, []))
                if size != known_size:
                    rows = list(self._made(reduce, track, name, rows, pace))
                self._reduced.pop((reduce, name), None)  # so that the one that was asked last comes last
                self._reduced[reduce, name] = size, rows
                found += [row for row in rows if begin < row[0].ended <= end]
            if found:
                begin = found[-1][0].ended
        self._forget()
        return found

    def _frames(self, resolution: Resolution, begin: float, end: float, pace: Pace) -> Iterator[Frame]:
        for track in self._tracks(resolution):
            for frame in track.frames(begin, end, pace):
                begin = frame.ended
                yield frame

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
        """Those that tell of a time: the resolution, and finer ones of what is too new for it."""
        store, place = self._home.store(), self.resolutions.index(resolution)
        return [Track(store, one) for one in reversed(self.resolutions[: place + 1])]
