"""The tally: seconds by stack, in bounded memory, of all work or of that for one route."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import TypeAlias

from .options import Options
from .profile import DEEPER, OTHERS, WAITING, Frame, Stack, frame_of
from .seen import Seen
from .visits import Visit, route_so_far

_MOST = 5000  # stacks; what comes after is one, of others
_MOST_VISITS = 5000  # requests in flight whose route is not known yet

# Functions by their id, innermost first: what they are themselves takes long to compare.
Ids: TypeAlias = tuple[int, ...]
# The frame in front, if any, the functions, and the mark at the end.
_Key: TypeAlias = tuple[Frame | None, Ids, Frame | None]
_OTHERS: _Key = (OTHERS, (), None)


class Tally:
    """Adds up what is seen."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._with_idle = options.with_idle
        self._seconds: defaultdict[_Key, float] = defaultdict(float)
        # Kept, so that no other function gets one of their ids.
        self._codes: dict[int, CodeType] = {}
        self._kept: set[Ids] = set()
        # The route of a request is known for sure once it has ended.
        self._waiting: dict[Visit, defaultdict[_Key, float]] = {}

    def kept(self, frames: Sequence[FrameType]) -> Ids:
        """What is kept of frames."""
        codes = [frame.f_code for frame in frames]
        ids = tuple(map(id, codes))
        if ids not in self._kept:
            self._codes.update(zip(ids, codes, strict=True))
            if len(self._kept) < _MOST:
                self._kept.add(ids)
        return ids

    def add(self, seen: Seen[Ids], seconds: float, *, is_idle: bool) -> None:
        """This was seen, waiting or not, and stands for so many seconds."""
        if not seen.stack or (is_idle and not self._with_idle):
            return
        key, visit = self._key(seen, is_idle), seen.visit
        if self._options.route is None:
            self._count(self._seconds, key, seconds)
        elif visit is not None:
            waiting = self._waiting.get(visit)
            if waiting is None and len(self._waiting) < _MOST_VISITS:
                waiting = self._waiting[visit] = defaultdict(float)
            if waiting is not None:
                self._count(waiting, key, seconds)

    def settle(self) -> None:
        """Count what was done for requests that have ended by now."""
        for visit in [one for one in self._waiting if one.exchange is None]:
            self._settle(visit)

    def stacks(self) -> dict[Stack, float]:
        """The seconds by stack, those of requests that go on among them."""
        for visit in list(self._waiting):
            self._settle(visit)
        found: defaultdict[Stack, float] = defaultdict(float)
        for (front, ids, mark), seconds in self._seconds.items():
            functions = [frame_of(self._codes[one]) for one in reversed(ids)]
            found[(*filter(None, [front]), *functions, *filter(None, [mark]))] += seconds
        return dict(found)

    def _settle(self, visit: Visit) -> None:
        counted = self._waiting.pop(visit)
        if route_so_far(visit) == self._options.route:
            for key, seconds in counted.items():
                self._count(self._seconds, key, seconds)

    def _count(self, into: defaultdict[_Key, float], key: _Key, seconds: float) -> None:
        if key not in into and len(into) >= _MOST:
            key = _OTHERS
        into[key] += seconds

    def _key(self, seen: Seen[Ids], is_idle: bool) -> _Key:
        front = Frame(seen.name) if self._options.names else DEEPER if seen.is_cut else None
        return front, seen.stack, WAITING if is_idle else None
