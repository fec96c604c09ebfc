"""Keeping exemplars: the newest of each series and bucket, in what the hot path asks first."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from ..storage.atomic import Lock
from ..storage.slots import Slots
from .description import FamilyDescription
from .exemplar import Exemplar, Exemplars, Trace, bounds_of, labels_of

if TYPE_CHECKING:
    from .series import Series

PERIOD = 1.0  # seconds, in which a bucket takes one trace at most
# Of one registry, which in the heap and in a file take some megabytes.
MOST = 10_000
_MOST_LATE = 100  # that are put off, while somebody makes series or reads all
_STAY = 60.0  # seconds, in which none gives way to another bucket's


class ExemplarStore:
    """The exemplars of one registry: at most `MOST`, the oldest of which give way.

    `tell` is told of each, by the run of its series and the bucket, and None where there is none any more.
    `lock` is the registry's, and `now` gives the seconds since the epoch; `failed` is told of what could not
    be kept.
    """

    def __init__(
        self,
        tell: Callable[[Slots, int, Exemplar | None], None],
        lock: Lock,
        now: Callable[[], float],
        failed: Callable[[Exception], None],
    ) -> None:
        self.tell = tell
        self.lock = lock
        self.now = now
        self.failed = failed
        # Every bucket that has one, the one first that has had no newer one for longest.
        self._turns: OrderedDict[tuple[Kept, int], None] = OrderedDict()
        self._late: deque[Callable[[], None]] = deque(maxlen=_MOST_LATE)

    @property
    def is_behind(self) -> bool:
        """Whether there are events that were put off."""
        return bool(self._late)

    def put_off(self, keep: Callable[[], None]) -> None:
        """Keep an event as soon as the lock is free: it may be a rare one, and nobody waits for it."""
        self._late.append(keep)

    def catch_up(self) -> None:
        """Keep what was put off; the lock is held."""
        while self._late:
            try:
                keep = self._late.popleft()
            except IndexError:  # somebody else was quicker
                return
            keep()

    def has_room(self, kept: Kept, bucket: int) -> bool:
        """Whether there is room for one in that bucket; the oldest of all may have made it."""
        place = kept, bucket
        if place not in self._turns and len(self._turns) >= MOST:
            oldest, its_bucket = next(iter(self._turns))
            if oldest.timestamp(its_bucket) > self.now() - _STAY:
                return False
            oldest.drop(its_bucket)
        self._turns[place] = None
        self._turns.move_to_end(place)
        return True

    def forget(self, kept: Kept, bucket: int) -> None:
        """There is none in that bucket any more."""
        self._turns.pop((kept, bucket), None)

    def forked(self) -> None:
        """This is a fork: they are the parent's to show."""
        self._turns.clear()
        self._late.clear()


class FamilyExemplars:
    """The exemplars of one family, and what a series of it holds that has none: all its buckets are due."""

    def __init__(self, description: FamilyDescription, store: ExemplarStore) -> None:
        self.bounds = bounds_of(description)
        self.due: Sequence[float] = (-inf,) * (len(self.bounds) + 1)
        self.store = store
        self._kept: dict[tuple[str, ...], Kept] = {}

    def keep(self, series: Series, value: float, now: float, trace: Trace) -> None:
        """Keep an event of that series; nothing is raised, and nothing waited for."""
        if not self.store.lock.acquire_first():
            self.store.put_off(partial(self._keep, series, value, now, trace))
            return
        try:
            self.store.catch_up()
            self._keep(series, value, now, trace)
        finally:
            self.store.lock.release()

    def _keep(self, series: Series, value: float, now: float, trace: Trace) -> None:
        try:
            labels = labels_of(trace)
            if labels:
                self._one(series).take(value, labels, now + PERIOD)
        except Exception as error:
            self.store.failed(error)

    def show(self, series: Series, value: float, labels: tuple[tuple[str, str], ...]) -> None:
        """Keep an event of that series whatever was kept before."""
        with self.store.lock:
            self._one(series).take(value, labels)

    def put(self, series: Series, exemplars: Sequence[Exemplar]) -> None:
        """Keep what another series had before; the registry's lock is held."""
        for one in exemplars:
            self._one(series).put(bisect_left(self.bounds, one.value), one)

    def of(self, labels: tuple[str, ...]) -> tuple[Exemplar, ...]:
        """Those of the series of these label values."""
        kept = self._kept.get(labels)
        return () if kept is None else kept.all

    def read(self) -> Exemplars | None:
        """Those of all series, None where there are none."""
        if not self._kept and not self.store.is_behind:
            return None
        with self.store.lock:
            self.store.catch_up()
            return {labels: kept.all for labels, kept in self._kept.items() if kept.all} or None

    def forget(self, labels: tuple[str, ...]) -> None:
        """The series of these label values is no more."""
        kept = self._kept.pop(labels, None)
        if kept is not None:
            kept.leave()

    def forked(self) -> None:
        """This is a fork: they are the parent's to show."""
        self._kept = {}

    def _one(self, series: Series) -> Kept:
        kept = self._kept.get(series.labels)
        if kept is None or kept.series is not series:
            kept = series.exemplars = Kept(series, self)
            if not series.is_retired:
                self._kept[series.labels] = kept
        return kept


class Kept:
    """The exemplars of one series.

    `due` says of each bucket from which second on it takes a trace, of the clock that measures durations. The
    registry's lock is held for all else.
    """

    __slots__ = ("_by_bucket", "_family", "all", "bounds", "due", "keep", "series", "show")

    def __init__(self, series: Series, family: FamilyExemplars) -> None:
        self.series = series
        self.bounds = family.bounds
        self.due = list(family.due)
        self.keep, self.show = family.keep, family.show
        self.all: tuple[Exemplar, ...] = ()
        self._family = family
        self._by_bucket: dict[int, Exemplar] = {}

    def take(self, value: float, labels: tuple[tuple[str, str], ...], due: float | None = None) -> None:
        """Keep an event of now; its bucket is due again then, if that is to change."""
        bucket = bisect_left(self.bounds, value)
        if due is not None:
            self.due[bucket] = due
        self.put(bucket, Exemplar(labels, float(value), self._family.store.now()))

    def put(self, bucket: int, exemplar: Exemplar) -> None:
        """Keep one, if there is room."""
        store = self._family.store
        if self.series.is_retired or not store.has_room(self, bucket):
            return
        self._by_bucket[bucket] = exemplar
        self._note(bucket, exemplar)

    def timestamp(self, bucket: int) -> float:
        """When what is kept in a bucket has happened."""
        return self._by_bucket[bucket].timestamp

    def drop(self, bucket: int) -> None:
        """Keep none in that bucket."""
        self._family.store.forget(self, bucket)
        del self._by_bucket[bucket]
        self._note(bucket, None)

    def leave(self) -> None:
        """The series is no more, and whoever has its slots forgets its exemplars too."""
        for bucket in self._by_bucket:
            self._family.store.forget(self, bucket)

    def _note(self, bucket: int, exemplar: Exemplar | None) -> None:
        ordered: Mapping[int, Exemplar] = self._by_bucket
        self.all = tuple([ordered[one] for one in sorted(ordered)])
        self._family.store.tell(self.series.slots, bucket, exemplar)
