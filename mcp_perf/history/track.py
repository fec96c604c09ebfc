"""Tracks: the frames of one resolution, in segments, each of which is thrown away as a whole."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Iterator
from itertools import pairwise, zip_longest
from math import inf

from ..pace import Pace, unpaced
from ..resolutions import Resolution
from .frames import Frame, IsWanted, Names, decoded, encoded
from .segments import Store, record, records

_FORMAT = 1
_NAME = re.compile("frames-([0-9]+)-([0-9]+)-([0-9]+)")  # format, step, milliseconds since the epoch
_SEGMENTS = 8  # to a span, so that no more than that share of it is kept for nothing
_TIMES = 4  # as long as its beginning a segment is at least, or there would be more beginnings than frames
# What may be wrong with a record that is as it was written: somebody else has written it.
_STRANGE = (ValueError, LookupError, TypeError, AttributeError, zlib.error)


class Track:
    """The frames of `resolution` in `store`; one process at a time writes.

    A segment is ended when it has `long` bytes, if most of these are frames.
    """

    def __init__(self, store: Store, resolution: Resolution, long: int = 2 << 20) -> None:
        self.resolution = resolution
        self.ended: float | None = None  # that of the last frame
        self._store = store
        self._most = max(resolution.span // resolution.step // _SEGMENTS, 1)
        self._name = ""
        self._names: Names | None = None
        self._number = self._size = 0  # of frames and of bytes in the segment
        self._long = long
        self._base = 0  # of these bytes those that say what there was at its beginning

    def append(self, frame: Frame, whole: Callable[[], Frame] | None, pace: Pace = unpaced) -> None:
        """Add a frame; raises OSError, and then it is not there.

        `whole` gives what there was at its beginning, with which a segment begins.
        """
        data = b""
        is_long = self._size > max(self._long, _TIMES * self._base)
        is_new = self._names is None or self._number >= self._most or is_long
        if self._names is None or is_new:
            self._name, self._names, self._number = self._new_name(frame.ended), Names(), 0
            if whole is not None:
                data = record(encoded(whole(), self._names, pace))
            self._size, self._base = 0, len(data)
        try:
            data += record(encoded(frame, self._names, pace))
            self._store.append(self._name, data, self._size)
            self._size += len(data)
        except BaseException:
            self._names = None  # it names what is not there
            if is_new:
                self._store.remove(self._name)
            raise
        self._number += 1
        self.ended = frame.ended

    def resume(self, pace: Pace = unpaced) -> list[Frame]:
        """Go on where somebody else has stopped; gives the frames of the last segment, whole ones too."""
        for _, name in reversed(self._segments()):
            data, names = self._store.read(name), Names()
            rows = list(_frames(data, names, lambda _: True, pace))
            found = [frame for frame, _ in rows]
            if found:
                size = rows[-1][1]
                if size < len(data):
                    self._store.cut(name, size)
                self._name, self._names, self._number, self._size = name, names, len(found), size
                self._base = rows[0][1] if found[0].is_whole else 0
                self.ended = found[-1].ended
                return found
            self._store.remove(name)
        return []

    @property
    def begun(self) -> float | None:
        """When the first frame ended that is kept, None where there is none; raises OSError."""
        return next((begun for begun, _ in self._segments()), None)

    def frames(self, begin: float, end: float, pace: Pace = unpaced) -> Iterator[Frame]:
        """Those that ended after `begin`, and not after `end`, in their order."""
        for name, _ in self.segments(begin):
            for frame in self.read(name, lambda _, frame: begin < frame.ended <= end, pace):
                if begin < frame.ended <= end:
                    yield frame

    def segments(self, begin: float, end: float = inf) -> list[tuple[str, int]]:
        """The segments that may have frames between these moments, each with its size, in their order."""
        segments, sizes = self._segments(), self._store.sizes()
        # A segment is called by the end of its first frame, of which a part may have come before `end`.
        beyond = next((begun for begun, _ in segments if begun > end), end)
        return [
            (name, sizes.get(name, 0))
            for (begun, name), following in zip_longest(segments, segments[1:])
            if begun <= beyond and (following is None or following[0] > begin)
        ]

    def read(
        self, name: str, is_wanted: Callable[[int, Frame], bool], pace: Pace = unpaced
    ) -> Iterator[Frame]:
        """The frames of a segment, with the change of those that are wanted, by number and head."""
        number = -1

        def is_next_wanted(frame: Frame) -> bool:
            nonlocal number
            number += not frame.is_whole
            return not frame.is_whole and is_wanted(number, frame)

        for frame, _ in _frames(self._store.read(name), Names(), is_next_wanted, pace):
            if not frame.is_whole:
                yield frame

    def trim(self, now: float) -> None:
        """Throw away what is older than this resolution keeps; raises OSError."""
        segments = self._segments()
        for (_, name), (next_begun, _) in pairwise(segments):
            if next_begun <= now - self.resolution.span:
                self._store.remove(name)

    def shorten(self) -> bool:
        """Throw away the oldest segment, but never the last one; whether there was one. Raises OSError."""
        segments = self._segments()
        if len(segments) > 1:
            self._store.remove(segments[0][1])
        return len(segments) > 1

    @property
    def size(self) -> int:
        """The bytes of its segments; raises OSError."""
        sizes = self._store.sizes()
        return sum(sizes[name] for _, name in self._segments())

    def _segments(self) -> list[tuple[float, str]]:
        """When each has begun, and its name, in their order."""
        return sorted(
            (int(found[3]) / 1000, name)
            for name in self._store.sizes()
            if (found := _NAME.fullmatch(name))
            and (int(found[1]), int(found[2])) == (_FORMAT, self.resolution.step)
        )

    def _new_name(self, ended: float) -> str:
        # In the order in which they are written, also where the clock is set back.
        begun = max([int(ended * 1000), *[round(1000 * begun) + 1 for begun, _ in self._segments()]])
        return f"frames-{_FORMAT}-{self.resolution.step}-{begun}"


def strangers(store: Store, steps: Collection[int], before: float) -> list[str]:
    """The segments of other steps, as of other settings, that were begun before that moment."""
    found = ((name, _NAME.fullmatch(name)) for name in store.sizes())
    return [name for name, one in found if one and int(one[2]) not in steps and int(one[3]) < 1000 * before]


def _frames(data: bytes, names: Names, is_wanted: IsWanted, pace: Pace) -> Iterator[tuple[Frame, int]]:
    """The good frames of a segment, each with the place where it ends."""
    for payload, place in records(data):
        try:
            frame = decoded(payload, names, is_wanted, pace)
        except _STRANGE:
            return
        yield frame, place
