"""Selection: which frames a stretch of time is made of, so that of two side by side each frame is in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeVar

from .frames import Frame
from .track import Track

Place = Literal["here", "in parts", "elsewhere"]

T = TypeVar("T")
# What was made of the frames of a segment of a track, which has this name and size. The function says by the
# head of a frame whether anything will be made of it.
Rows = Callable[[Track, str, int, Callable[[Frame], bool]], Iterable[tuple[Frame, T]]]


def selected(tracks: Sequence[Track], begin: float, end: float, rows: Rows[T]) -> Iterator[tuple[Frame, T]]:
    """The frames between these moments: of the coarsest track first, of what is too new for it of the next.

    A frame belongs where its middle is: it ends a moment after the step that it is of. One that lies across
    a border is taken in parts, if a finer track still has all of them.
    """
    coarse, *finer = tracks
    if begin >= end:
        return
    since = finer[0].begun if finer else None

    def place(frame: Frame) -> Place:
        begun = frame.ended - frame.seconds
        is_split = begun < begin < frame.ended or begun < end < frame.ended
        if is_split and since is not None and since <= begun:
            return "in parts"
        return "here" if begin < (begun + frame.ended) / 2 <= end else "elsewhere"

    last = begin
    for name, size in coarse.segments(begin, end):
        for frame, found in rows(coarse, name, size, lambda frame: place(frame) == "here"):
            where = place(frame)
            if where == "here":
                yield frame, found
            elif where == "in parts":
                begun = frame.ended - frame.seconds
                yield from selected(finer, max(begin, begun), min(end, frame.ended), rows)
            if frame.ended > begin:
                last = max(last, frame.ended)
    if finer:
        yield from selected(finer, last, end, rows)
