"""The recorder: writes what has come, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from ..pace import Pace, unpaced
from ..registry.snapshot import Snapshot
from ..resolutions import Resolution
from .change import Change
from .frames import Frame
from .ledger import Ledger
from .processes import Processes
from .segments import Store
from .track import Track, strangers

_MOMENT = 0.001  # seconds, by which sums of them may differ
_GAP = 4  # steps: whoever lives writes within two, so that in more than that nobody did
_AWRY = 1.0  # seconds, by which two clocks differ only where one of them was set
_SEGMENTS = 16  # that all frames are in at least, when there are so many bytes of them
MOST_BYTES = 32 << 20  # of all frames, whatever the resolutions say

Take: TypeAlias = Callable[[Pace], Snapshot]


class Recorder:
    """Writes the history of what `take` reads, going on where somebody else has stopped.

    One process of those that share the `store` does so at a time. Nobody has counted before `begun_at`, in
    seconds since the epoch, unless there is history of it, or who has is no more.
    """

    def __init__(
        self,
        store: Store,
        resolutions: Sequence[Resolution],
        take: Take,
        begun_at: float,
        monotonic: Callable[[], float],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._begun_at = begun_at
        self._fine, *self._coarse = self._tracks = [
            Track(store, one, most_bytes // _SEGMENTS) for one in resolutions
        ]
        self._store = store
        self._take = take
        self._monotonic = monotonic
        self._most_bytes = most_bytes
        self._ledger = Ledger()
        self._processes = Processes()
        self._ended: float | None = None  # of what the ledger knows, in seconds since the epoch
        self._ended_at: float | None = None  # by the monotonic clock, once this one has written
        self._pending = [_Pending() for _ in self._coarse]
        self._is_resumed = False

    def step(self, pace: Pace = unpaced) -> None:
        """Write one more frame; raises OSError where that cannot be, and then it comes with the next one."""
        self._resume(pace)
        snapshot, at = self._take(pace), self._monotonic()
        self._trim(snapshot.taken_at)  # first, since that makes room
        settlement = self._ledger.compare(snapshot.families, pace)
        process, spent = self._processes.compare(snapshot.workers)
        begun = self._begin(snapshot)
        if begun is None:
            self._ledger.settle(settlement)
            self._fine.append(self._whole(snapshot.taken_at), None, pace)  # for whoever goes on
        else:
            seconds = self._seconds(snapshot.taken_at - begun, at)
            gauges = _gauges(snapshot)
            frame = Frame(snapshot.taken_at, seconds, settlement.change, process, gauges)
            self._fine.append(frame, lambda: self._whole(begun), pace)
            for track, pending in zip(self._coarse, self._pending, strict=True):
                # Where the fine track that was found is older, a coarse one has that time already.
                if self._ended_at is not None or begun > (track.ended or 0.0) - _MOMENT:
                    pending.add(frame, pace)
        self._ledger.settle(settlement)
        self._processes.settle(spent)
        self._ended, self._ended_at = snapshot.taken_at, at
        self._write_coarse(pace)

    def _begin(self, snapshot: Snapshot) -> float | None:
        """When what is not written yet has begun, None if nobody knows."""
        if self._ended is not None and self._ended_at is not None:
            return self._ended
        if self._ended is not None:  # somebody else's last
            # Workers come and go; but while there was none for long nothing took its time.
            gap = min(snapshot.started_at, snapshot.taken_at) - self._ended
            return self._ended + (gap if gap > _GAP * self._fine.resolution.step else 0.0)
        return self._begun_at if self._is_new(snapshot) else None

    def _is_new(self, snapshot: Snapshot) -> bool:
        """Whether the whole service has begun just now."""
        earliest = self._begun_at - 2 * self._fine.resolution.step
        is_new = snapshot.taken_at - self._begun_at <= 2 * self._fine.resolution.step
        is_first = all(one.started_at >= earliest for one in snapshot.workers[1:])
        return is_new and is_first and not snapshot.has_past

    def open(self, pace: Pace = unpaced) -> None:
        """Have a new service's beginning written: who has begun may be gone before the first step."""
        self._resume(pace)
        if self._ended is None and self._is_new(self._take(pace)):
            self._fine.append(self._whole(self._begun_at), None, pace)
            self._ended = self._begun_at

    def _seconds(self, said: float, at: float) -> float:
        """How long a step was that ends now, and is so long by the dates of its ends."""
        passed = at - self._ended_at if self._ended_at is not None else said
        return passed if abs(said - passed) > _AWRY else max(said, 0.0)

    def _whole(self, ended: float) -> Frame:
        return Frame(ended, 0.0, self._ledger.whole(), is_whole=True)

    def _resume(self, pace: Pace) -> None:
        if self._is_resumed:
            return
        whole = Change()
        for frame in self._fine.resume(pace):
            if frame.is_whole:
                whole = frame.change
            else:
                whole.follow(frame.change, pace)
        self._ledger.resume(whole)
        self._ended = ended = self._fine.ended
        for track, pending in zip(self._coarse, self._pending, strict=True):
            track.resume(pace)
            if ended is not None:
                for frame in self._fine.frames(track.ended or 0.0, ended, pace):
                    pending.add(frame, pace)
        self._is_resumed = True

    def _write_coarse(self, pace: Pace) -> None:
        for track, pending in zip(self._coarse, self._pending, strict=True):
            frame = pending.due(track.resolution.step)
            if frame is not None:
                track.append(frame, None, pace)
                pending.clear()

    def _trim(self, now: float) -> None:
        longest = max(track.resolution.span for track in self._tracks)
        for name in strangers(self._store, [one.resolution.step for one in self._tracks], now - longest):
            self._store.remove(name)
        for track in self._tracks:
            track.trim(now)
        while sum(track.size for track in self._tracks) > self._most_bytes:
            if not any(track.shorten() for track in sorted(self._tracks, key=lambda one: -one.size)):
                break


class _Pending:
    """What a coarser track has yet to write: several frames as one."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """It is written."""
        self._frame: Frame | None = None

    def add(self, frame: Frame, pace: Pace) -> None:
        """One more frame, which follows those before."""
        before = self._frame if self._frame is not None else Frame(0.0, 0.0, Change())
        before.change.add(frame.change, pace)
        process = dict(frame.process)
        if "cpu_seconds" in before.process:
            process["cpu_seconds"] = process.get("cpu_seconds", 0.0) + before.process["cpu_seconds"]
        seconds = before.seconds + frame.seconds
        self._frame = Frame(frame.ended, seconds, before.change, process, frame.gauges)

    def due(self, step: int) -> Frame | None:
        """All of them as one, if it is time to write that."""
        frame = self._frame
        if frame is None or frame.ended // step == (frame.ended - frame.seconds) // step:
            return None
        return frame


def _gauges(snapshot: Snapshot) -> dict[str, float]:
    """What the gauges of the toolkit read, added up."""
    return {
        family.description.key: sum(family.raw)
        for family in snapshot.families
        if family.description.is_measured_gauge and family.labels
    }
