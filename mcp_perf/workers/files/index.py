"""The index of one worker: which run of its slot file is which series, as lines that are only ever added.

A line is ``CRC32 JSON``; what is behind the last line's end was cut off when its writer died, and does not
count. The records:

- ``["worker", {…}]`` is the first: what the process is
- ``["family", number, {…}]`` describes a family, before its first series
- ``["series", run, family number, first slot, [label values]]`` gives out a run of slots; runs are numbered
  in the order they are given out
- ``["exemplar", run, bucket, first slot, number of slots]`` gives out the cell of an exemplar; none where it
  has no slots
- ``["free", run]`` takes a run back, and its cells: their slots may become another's
- ``["parent"]``: the process has children that have files of their own
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, NamedTuple
from zlib import crc32

from ...registry.description import FamilyDescription
from ...registry.description_json import described, description_of
from ..system.descriptors import check, identity

FORMAT = 1
_CHUNK = 1 << 20
_LONG = 1 << 18  # bytes


@dataclass(frozen=True)
class Header:
    """What a process says of itself; `started_at` in seconds since the epoch."""

    pid: int
    started_at: float
    format: int = FORMAT


@dataclass(frozen=True)
class Run:
    """A run of slots: `first` is its first one."""

    number: int
    description: FamilyDescription
    labels: tuple[str, ...]
    first: int


class Cell(NamedTuple):
    """Where the exemplar of a bucket of a run is: in so many slots from `first` on."""

    run: int
    bucket: int
    first: int
    length: int


def line(record: Sequence[Any]) -> bytes:
    """A record as its line."""
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=True).encode()
    return b"%08x %s\n" % (crc32(text), text)


def records(lines: list[bytes]) -> Iterator[Any]:
    """The records of lines; None for one that is not as it was written."""
    for one in lines:
        crc, _, text = one.partition(b" ")
        try:
            yield json.loads(text) if int(crc, 16) == crc32(text) else None
        except ValueError:
            yield None


class IndexWriter:
    """Adds lines to the index behind `fd`; OSError where one finds no room, and then nothing of it stays."""

    def __init__(self, fd: int, header: Header) -> None:
        self._fd = fd
        self._identity = identity(fd)
        self._end = 0
        self._runs = 0
        self._families: dict[FamilyDescription, int] = {}
        self._add(["worker", asdict(header)])
        self._start = self._end

    def give(self, description: FamilyDescription, labels: tuple[str, ...], first: int) -> int:
        """Say whose the run at `first` is; gives the run's number."""
        self._give(Run(self._runs, description, labels, first))
        self._runs += 1
        return self._runs - 1

    @property
    def is_long(self) -> bool:
        """Whether most of it is likely to be of runs that were taken back."""
        return self._end > max(_LONG, 4 * self._start)

    def begin_with(self, runs: Iterable[Run], cells: Iterable[Cell], number: int) -> None:
        """Say in a new index what an older one came to: these are in use, and the next run has `number`."""
        for run in runs:
            self._give(run)
        for cell in cells:
            self.exemplify(cell)
        self._runs = number
        self._start = self._end

    @property
    def next(self) -> int:
        """The number of the next run."""
        return self._runs

    def _give(self, run: Run) -> None:
        family = self._families.get(run.description)
        if family is None:
            family = len(self._families)
            self._add(["family", family, described(run.description)])
            self._families[run.description] = family
        self._add(["series", run.number, family, run.first, run.labels])

    def exemplify(self, cell: Cell) -> None:
        """Say where an exemplar is."""
        self._add(["exemplar", *cell])

    def free(self, run: int) -> None:
        """Say that a run is nobody's any more."""
        self._add(["free", run])

    def note_children(self) -> None:
        """Say that the process has children."""
        self._add(["parent"])

    def _add(self, record: Sequence[Any]) -> None:
        text = line(record)
        check(self._fd, self._identity)
        try:
            written = os.pwrite(self._fd, text, self._end)
        except OSError:
            os.ftruncate(self._fd, self._end)
            raise
        if written < len(text):
            os.ftruncate(self._fd, self._end)
            raise OSError(f"an index took {written} of {len(text)} bytes")
        self._end += written


class IndexReader:
    """Follows an index that grows; `runs` are those in use, by number, and `cells` theirs, by bucket."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._position = 0
        self._families: dict[int, FamilyDescription] = {}
        self.header: Header | None = None
        self.runs: dict[int, Run] = {}
        self.cells: dict[int, dict[int, Cell]] = {}
        # Changes whenever `runs` does.
        self.version = 0
        self.is_parent = False
        self.spoiled = 0  # lines that could not be read

    def follow(self) -> None:
        """Read what was added; raises OSError."""
        while (left := os.fstat(self._fd).st_size - self._position) > 0:
            data = os.pread(self._fd, min(left, _CHUNK), self._position)
            end = data.rfind(b"\n") + 1
            if not end:
                return
            for record in records(data[: end - 1].split(b"\n")):
                try:
                    self._take(record)
                except (TypeError, ValueError, KeyError, IndexError):
                    self.spoiled += 1
            # At the end: who is interrupted takes the same lines again, which comes to the same.
            self.version += 1
            self._position += end

    def end(self) -> int:
        """The slot behind the last one that was given out."""
        runs = (run.first + run.description.length for run in self.runs.values())
        cells = (cell.first + cell.length for cells in self.cells.values() for cell in cells.values())
        return max(chain(runs, cells), default=0)

    def _take(self, record: Any) -> None:
        kind = record[0]
        if kind == "series":
            _, number, family, first, labels = record
            run = Run(int(number), self._families[family], tuple(map(str, labels)), int(first))
            if run.first < 0 or len(run.labels) != len(run.description.labelnames):
                raise ValueError("a run that cannot be")
            self.runs[run.number] = run
        elif kind == "free":
            self.runs.pop(record[1], None)
            self.cells.pop(record[1], None)
        elif kind == "exemplar":
            cell = Cell(*map(int, record[1:]))
            if min(cell) < 0:
                raise ValueError("a cell that cannot be")
            self.cells.setdefault(cell.run, {})[cell.bucket] = cell
        elif kind == "parent":
            self.is_parent = True
        elif kind == "family":
            self._families[record[1]] = description_of(record[2])
        elif kind == "worker":
            fields = record[1]
            self.header = Header(int(fields["pid"]), float(fields["started_at"]), int(fields["format"]))
