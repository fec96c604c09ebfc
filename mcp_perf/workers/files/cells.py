"""Exemplars in the slot file: each in a cell of its own, which the index tells of.

A cell is ``[CRC32 of the rest, length of the labels, bucket, number of the run, value, timestamp]`` and the
labels as JSON. What is torn, another run's or none reads as no exemplar: nobody waits for who writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from zlib import crc32

from ...registry.exemplar import Exemplar
from ...storage.slots import Slots
from .index import Cell, IndexWriter
from .slot_file import SLOT, SlotFile

_CRC = Struct("=I")
_HEAD = Struct("=HHQdd")
_START = _CRC.size + _HEAD.size
_STEP = 16  # slots: as many as a trace and its span take


def written(number: int, bucket: int, exemplar: Exemplar) -> bytes:
    """The cell of an exemplar of that run and bucket, without the zeros behind it."""
    labels = json.dumps(dict(exemplar.labels), separators=(",", ":"), ensure_ascii=False).encode()
    rest = _HEAD.pack(len(labels), bucket, number, exemplar.value, exemplar.timestamp) + labels
    return _CRC.pack(crc32(rest)) + rest


def is_empty(cell: bytes) -> bool:
    """Whether there is no exemplar in a cell, rather than one that is not whole."""
    return not any(cell[: _CRC.size])


def read(cell: bytes, number: int, bucket: int) -> Exemplar | None:
    """The exemplar of that run and bucket in a cell, None where there is none, or not a whole one."""
    if len(cell) < _START or is_empty(cell):
        return None
    length, its_bucket, its_number, value, timestamp = _HEAD.unpack_from(cell, _CRC.size)
    if (its_number, its_bucket) != (number, bucket):
        return None
    (crc,) = _CRC.unpack_from(cell)
    if crc32(cell[_CRC.size : _START + length]) != crc:
        return None
    labels = json.loads(cell[_START : _START + length])
    return Exemplar(tuple(labels.items()), value, timestamp)


@dataclass(frozen=True)
class _Place:
    cell: Cell
    slots: Slots

    def write(self, data: bytes) -> None:
        memory = memoryview(self.slots).cast("B")  # type: ignore[arg-type]  # of a file it is a view
        memory[:] = data.ljust(len(memory), b"\0")

    def clear(self) -> None:
        self.write(b"")


class ExemplarCells:
    """The cells that one worker writes, in its slot file; the index is given each time, since it is renewed.

    OSError where there is no room for one more, and then all is as it was.
    """

    def __init__(self, slots: SlotFile) -> None:
        self._slots = slots
        self._places: dict[int, dict[int, _Place]] = {}

    def put(self, index: IndexWriter, number: int, bucket: int, exemplar: Exemplar) -> None:
        """Have this be the exemplar of a bucket of that run."""
        data = written(number, bucket, exemplar)
        place = self._places.get(number, {}).get(bucket)
        if place is None or place.cell.length * SLOT < len(data):
            place = self._make(index, number, bucket, len(data))
        place.write(data)

    def drop(self, index: IndexWriter, number: int, bucket: int) -> None:
        """There is none in a bucket of that run, and will hardly be one."""
        place = self._places.get(number, {}).get(bucket)
        if place is not None:
            place.clear()
            index.exemplify(Cell(number, bucket, 0, 0))
            del self._places[number][bucket]
            self._slots.give_back(place.cell.first, place.slots)

    def clear(self, number: int) -> None:
        """The series of that run is no more."""
        for place in self._places.get(number, {}).values():
            place.clear()

    def free(self, number: int) -> None:
        """That run is nobody's any more, as the index says."""
        for place in self._places.pop(number, {}).values():
            self._slots.give_back(place.cell.first, place.slots)

    def cells(self) -> Iterator[Cell]:
        """All that there are."""
        for places in self._places.values():
            for place in places.values():
                yield place.cell

    def _make(self, index: IndexWriter, number: int, bucket: int, size: int) -> _Place:
        length = -(-size // (_STEP * SLOT)) * _STEP
        first, slots = self._slots.take(length)
        cell = Cell(number, bucket, first, length)
        try:
            index.exemplify(cell)
        except OSError:
            self._slots.give_back(first, slots)
            raise
        places = self._places.setdefault(number, {})
        before, places[bucket] = places.get(bucket), _Place(cell, slots)
        if before is not None:
            self._slots.give_back(before.cell.first, before.slots)
        return places[bucket]
