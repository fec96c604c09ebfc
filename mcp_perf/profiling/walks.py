"""Walks: from the innermost frame of a thread outwards, to where its work comes from."""

from __future__ import annotations

from inspect import CO_COROUTINE
from types import FrameType
from typing import Any

from .origins import TELLING, entered_context, handle_loop, is_between, running_loop, tells
from .tasks import current_context
from .visits import Visit, Visits

DEEPEST = 256  # frames of a stack that are told
_SEARCHED = 10_000  # frames that are looked through for whom it is about


class Walk:
    """The frames of a thread's work, innermost first, and what they tell.

    `frames` are not those of the server around a `visit`, nor those of the event loop around a task; where
    there are more of them further out it `is_cut`. `loop` is the event loop that was met.
    """

    __slots__ = ("_visits", "frames", "is_cut", "loop", "visit")

    def __init__(self, visits: Visits, innermost: FrameType) -> None:
        self.visit: Visit | None = None
        self.loop: Any = None
        self._visits = visits
        # All in one function, since this is what a profile costs.
        frames: list[FrameType] = []
        inside: int | None = None
        before, frame = None, innermost
        add, telling = frames.append, TELLING
        while frame is not None:
            if frame.f_code.co_name in telling and tells(frame):
                if self._is_end(frame, before):
                    break
                if self.visit is not None and inside is None:
                    inside = len(frames)
            add(frame)
            if len(frames) == _SEARCHED:
                break
            before, frame = frame, frame.f_back  # type: ignore[assignment]  # None at the end
        self.is_cut = (len(frames) if inside is None else inside) > DEEPEST
        self.frames = frames[: min(DEEPEST, len(frames) if inside is None else inside)]

    def _is_end(self, frame: FrameType, inner: FrameType | None) -> bool:
        """Whether what is further out has nothing to do with the work; it may tell whom that is for."""
        visits = self._visits
        if self.visit is None:
            self.visit = visits.here(frame)
        loop = handle_loop(frame)
        if loop is None:
            if self.visit is None and not is_between(inner):
                self.visit = visits.within(entered_context(frame))
            found = running_loop(frame)
            if found is None:
                return False
            self.loop = found
            # Where no handle is seen, since the loop is not written in Python, a coroutine is in a task.
            if inner is None or not inner.f_code.co_flags & CO_COROUTINE:
                return False
            loop = found
        self.loop = loop
        # What a loop runs begins here, as what waits in it does.
        if self.visit is None:
            self.visit = visits.within(current_context(loop))
        return True
