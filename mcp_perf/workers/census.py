"""The series that all workers have, for whoever wants to make one more: the cap is for all of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping

from ..registry.description import FamilyDescription, SeriesKey
from ..registry.labels import is_overflow
from .files import archive as archives
from .files.archive import Labels
from .files.index import FORMAT, IndexReader, Run
from .files.member import INDEX, SLOTS, Member
from .files.slot_file import SLOT
from .system.descriptors import Descriptors
from .system.locks import is_free
from .system.opening import READING, listed
from .system.stillness import Stillness

# So many seconds a metric is taken for full after it was found so, and the archive for what it was.
_STAY = 1.0
_FEW = 100  # series that may be known in vain

_Metric = tuple[str, str]  # section, key


class _Followed:
    """The index of another worker; runs with a lower number than `next` were taken note of."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.reader = IndexReader(fd)
        self.next = 0
        self._fds = Descriptors(self)
        self._fds.add(fd)

    @property
    def is_closed(self) -> bool:
        """Whether it is dead, and all was read."""
        return not self._fds

    @property
    def is_gone(self) -> bool:
        """Whether the worker has another index, or none."""
        return not self.is_closed and os.fstat(self.fd).st_nlink == 0

    def follow(self) -> None:
        """Take note of what was added; raises OSError."""
        if not self.is_closed:
            self.reader.follow()

    def close(self) -> None:
        """Let go of the file."""
        self._fds.close()


class Census:
    """What the workers beside `member` have, and the dead; only who holds the registry's lock may ask.

    It is as true as the files at the moment of asking, but for what two workers make in the same moment.
    `now` gives seconds.
    """

    def __init__(self, member: Member, now: Callable[[], float]) -> None:
        self._member = member
        self._now = now
        self._own: dict[_Metric, set[SeriesKey]] = {}
        self._others: dict[_Metric, set[SeriesKey]] = {}
        self._followed: dict[str, _Followed] = {}
        self._full: dict[_Metric, float] = {}  # until when it is taken for it
        self._stillness = Stillness(member.directory)
        self._archived: bytes | None = None
        self._archived_series = 0
        # What runs read whose series has left, by worker, where that has yet to see it.
        self._left: dict[str, dict[int, bytes]] = {}
        self._loaded = 0.0

    def has_room(self, description: FamilyDescription, labels: Labels, most: int) -> bool:
        """Whether a series would be one of at most `most` of its metric; raises OSError."""
        metric, series = _keys(description, labels)
        if self._full.get(metric, 0.0) <= self._now():
            self._follow()
            if self._is_mostly_gone:
                self._begin_anew()
                self._follow()
            if self._fits(metric, series, most):
                return True
            self._begin_anew()
            self._follow()
            if self._fits(metric, series, most):
                return True
            self._full[metric] = self._now() + _STAY
        return series in self._others.get(metric, ())

    def note(self, description: FamilyDescription, labels: Labels) -> None:
        """This process has that series now."""
        if not is_overflow(labels):
            metric, series = _keys(description, labels)
            self._own.setdefault(metric, set()).add(series)

    def forget(self, description: FamilyDescription, labels: Labels) -> None:
        """This process does not have that series any more."""
        metric, series = _keys(description, labels)
        self._own.get(metric, set()).discard(series)
        self._full.pop(metric, None)

    def close(self) -> None:
        """Let go of the siblings' files."""
        while self._followed:
            self._drop(next(iter(self._followed)))

    def _fits(self, metric: _Metric, series: SeriesKey, most: int) -> bool:
        own, others = self._own.get(metric, set()), self._others.get(metric, set())
        return series in others or len(own) + len(others) < most or len(own | others) < most

    @property
    def _is_mostly_gone(self) -> bool:
        """Whether most of what is known of the others has left since."""
        live = sum(len(one.reader.runs) for one in self._followed.values())
        return sum(map(len, self._others.values())) > 2 * (live + self._archived_series) + _FEW

    def _begin_anew(self) -> None:
        """Forget what is known of the others, some of which may be gone."""
        self._others.clear()
        self._archived = None
        self._stillness.end()
        for one in self._followed.values():
            one.next = 0

    def _follow(self) -> None:
        if not self._stillness.holds():
            with self._stillness.listing():
                self._list()
                self._follow_archive()
        for worker, one in self._followed.items():
            one.follow()
            if one.reader.header is None or one.reader.header.format == FORMAT:
                self._take(worker, one)

    def _list(self) -> None:
        names = listed(self._member.directory)
        ids = {name.removesuffix(INDEX) for name in names if name.endswith(INDEX)} - {self._member.id}
        for worker, one in list(self._followed.items()):
            if worker not in ids or one.is_gone:
                self._drop(worker)
        for worker in ids - set(self._followed):
            with contextlib.suppress(FileNotFoundError):  # folded just now
                fd = os.open(worker + INDEX, READING, dir_fd=self._member.directory)
                self._followed[worker] = _Followed(fd)
        for one in self._followed.values():
            if not one.is_closed and is_free(one.fd) and not one.is_gone:
                one.follow()
                one.close()  # there may be many of them before somebody can fold them

    def _drop(self, worker: str) -> None:
        self._followed.pop(worker).close()

    def _follow_archive(self) -> None:
        """Take note of what the dead have; not each time, since it takes long."""
        stamp = archives.stamp(self._member.directory)
        if self._archived is not None and (stamp == self._archived or self._now() < self._loaded + _STAY):
            return
        self._archived, self._loaded, self._archived_series = stamp, self._now(), 0
        with contextlib.suppress(archives.OtherFormatError, archives.SpoiledError):  # readers tell
            archive = archives.load(self._member.directory)
            self._left = {}
            for (worker, number), held in archive.baselines.items():
                self._left.setdefault(worker, {})[number] = held
            for description, series in archive.families.items():
                self._archived_series += len(series)
                self._add((description, labels) for labels in series)

    def _take(self, worker: str, one: _Followed) -> None:
        runs = one.reader.runs
        newest = one.next
        left: Collection[int] | None = None
        for number in reversed(runs):
            if number < one.next:
                break
            if left is None:
                left = self._left_of(worker, runs)
            newest = max(newest, number + 1)
            if number not in left:
                self._add([(runs[number].description, runs[number].labels)])
        one.next = newest

    def _left_of(self, worker: str, runs: Mapping[int, Run]) -> Collection[int]:
        """The numbers of its runs whose series has left, and that nobody has written to since."""
        then = self._left.get(worker)
        if then is None:
            return ()
        try:
            fd = os.open(worker + SLOTS, READING, dir_fd=self._member.directory)
        except FileNotFoundError:  # folded just now
            return then
        try:
            return {
                number
                for number, held in then.items()
                if number in runs and os.pread(fd, len(held), runs[number].first * SLOT) == held
            }
        finally:
            os.close(fd)

    def _add(self, series: Iterable[tuple[FamilyDescription, Labels]]) -> None:
        for description, labels in series:
            if not is_overflow(labels):
                metric, one = _keys(description, labels)
                self._others.setdefault(metric, set()).add(one)


def _keys(description: FamilyDescription, labels: Labels) -> tuple[_Metric, SeriesKey]:
    return (description.section, description.key), description.series_key(labels)
