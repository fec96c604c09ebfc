"""The archive: what the dead have counted, and which runs of the living do not count, or not from the start.

One file, replaced as a whole. That replacement is the one moment at which anything moves: what a dead worker
counted is in the archive and its files do not count from then on, both or neither.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any
from zlib import crc32

from ...lazy import lazy
from ...registry.description import FamilyDescription, SeriesKey
from ...registry.description_json import described, description_of
from ...registry.exemplar import Exemplar
from ...registry.runs import reading_of, shown
from ...registry.snapshot import FamilyReading
from ..system.opening import READING

NAME = "archive"
TEMPORARY = "archive.new"
_MAGIC = b"mcp_perf archive"
_HEAD = 128  # bytes that hold the first line
FORMAT = 1

RunKey = tuple[str, int]  # a worker's id and the number of its run
Labels = tuple[str, ...]


class OtherFormatError(Exception):
    """An archive that another version of this toolkit has written."""


class SpoiledError(Exception):
    """An archive that is not as it was written."""


@dataclass(frozen=True)
class Archive:
    """What is in the file.

    `folded` are workers whose files do not count any more, `void` runs that do not. `baselines` are what runs
    read when their series was reset: only what came on top counts. `families` hold the runs of series: of a
    timed one as readings have them, of a counter its value and what rounding took from it. `resets` says of
    the series that were reset last in which generation of the archive that was; `forgotten` is the last
    generation of which not all resets are among them. `hidden` says of runs that have a baseline until when
    their exemplars are another life's; `exemplars` are those of the dead.
    """

    families: Mapping[FamilyDescription, Mapping[Labels, bytes]] = field(default_factory=dict)
    resets: Mapping[SeriesKey, int] = field(default_factory=dict)
    folded: frozenset[str] = frozenset()
    void: frozenset[RunKey] = frozenset()
    baselines: Mapping[RunKey, bytes] = field(default_factory=dict)
    generation: int = 0
    forgotten: int = 0
    hidden: Mapping[RunKey, float] = field(default_factory=dict)
    exemplars: Mapping[FamilyDescription, Mapping[Labels, tuple[Exemplar, ...]]] = field(default_factory=dict)

    @lazy
    def readings(self) -> tuple[FamilyReading, ...]:
        """The series as families; made once, so that their columns stay the same objects."""
        return tuple(shown(list(starmap(reading_of, self.families.items())), self.exemplars))


def stamp(directory: int) -> bytes:
    """What tells an archive from every other one, empty where there is none; raises OSError."""
    try:
        fd = os.open(NAME, READING, dir_fd=directory)
    except FileNotFoundError:
        return b""
    try:
        return os.read(fd, _HEAD).partition(b"\n")[0]
    finally:
        os.close(fd)


def load(directory: int) -> Archive:
    """The archive in a directory, an empty one where there is none.

    Raises OtherFormatError, SpoiledError or OSError.
    """
    try:
        fd = os.open(NAME, READING, dir_fd=directory)
    except FileNotFoundError:
        return Archive()
    with os.fdopen(fd, "rb") as file:
        return _parsed(file.read())


def store(directory: int, archive: Archive, check: Callable[[], None]) -> None:
    """Replace the archive; raises OSError, and then the old one is still there.

    Only one may be at it: `check` raises OSError where that is not this process any more.
    """
    data = _bytes(archive)
    with contextlib.suppress(FileNotFoundError):  # what somebody has left who died at it
        os.unlink(TEMPORARY, dir_fd=directory)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(TEMPORARY, flags, 0o600, dir_fd=directory)
    try:
        try:
            while data:
                data = data[os.write(fd, data) :]
        finally:
            os.close(fd)
        check()
        os.replace(TEMPORARY, NAME, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        os.unlink(TEMPORARY, dir_fd=directory)
        raise


def _bytes(archive: Archive) -> bytes:
    blob = bytearray()

    def kept(run: bytes) -> list[int]:
        """A run without the zeros around it: first byte, place in the blob, length, whole length."""
        short = run.rstrip(b"\0")
        begin = len(short) - len(short.lstrip(b"\0"))
        place = len(blob)
        blob.extend(short[begin:])
        return [begin, place, len(short) - begin, len(run)]

    content = {
        "folded": sorted(archive.folded),
        "void": sorted(archive.void),
        "baselines": [[*key, kept(run)] for key, run in archive.baselines.items()],
        "resets": list(archive.resets.items()),
        "forgotten": archive.forgotten,
        "families": [
            [described(description), [[labels, kept(run)] for labels, run in series.items()]]
            for description, series in archive.families.items()
        ],
        # An older version reads past these.
        "hidden": [[*key, until] for key, until in archive.hidden.items()],
        "exemplars": [
            [place, labels, some]
            for place, description in enumerate(archive.families)
            for labels, some in archive.exemplars.get(description, {}).items()
        ],
    }
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode()
    crc = crc32(blob, crc32(text))
    head = b"%b %d %d %d %d %d\n" % (_MAGIC, FORMAT, archive.generation, len(text), len(blob), crc)
    return head + text + blob


def _parsed(data: bytes) -> Archive:
    head, _, rest = data.partition(b"\n")
    try:
        if not head.startswith(_MAGIC):
            raise ValueError("no archive")
        version, *numbers = head[len(_MAGIC) :].split()
        if int(version) != FORMAT:
            raise OtherFormatError(f"the archive has format {int(version)}, this version reads {FORMAT}")
        generation, text_length, blob_length, crc = map(int, numbers)
    except ValueError as error:
        raise SpoiledError("the archive has no head") from error
    if len(rest) != text_length + blob_length or crc32(rest) != crc:
        raise SpoiledError("the archive is not as it was written")
    return _content(json.loads(rest[:text_length]), rest[text_length:], generation)


def _content(content: dict[str, Any], blob: bytes, generation: int) -> Archive:
    def run(place: Sequence[int]) -> bytes:
        begin, start, length, whole = place
        return bytes(begin) + blob[start : start + length] + bytes(whole - begin - length)

    families = {
        description_of(fields): {tuple(labels): run(place) for labels, place in series}
        for fields, series in content["families"]
    }
    return Archive(
        families=families,
        resets={
            SeriesKey(section, key, tuple(names), tuple(labels)): generation_of_reset
            for (section, key, names, labels), generation_of_reset in content["resets"]
        },
        folded=frozenset(content["folded"]),
        void=frozenset((worker, number) for worker, number in content["void"]),
        baselines={(worker, number): run(place) for worker, number, place in content["baselines"]},
        generation=generation,
        forgotten=content["forgotten"],
        hidden={(worker, number): until for worker, number, until in content.get("hidden", ())},
        exemplars=_exemplars(list(families), content.get("exemplars", ())),
    )


def _exemplars(
    descriptions: Sequence[FamilyDescription], rows: Iterable[Any]
) -> dict[FamilyDescription, dict[Labels, tuple[Exemplar, ...]]]:
    """The exemplars of series by family, which these rows say by its place."""
    found: dict[FamilyDescription, dict[Labels, tuple[Exemplar, ...]]] = {}
    for place, labels, some in rows:
        found.setdefault(descriptions[place], {})[tuple(labels)] = tuple(
            [
                Exemplar(tuple([(name, text) for name, text in pairs]), value, timestamp)
                for pairs, value, timestamp in some
            ]
        )
    return found
