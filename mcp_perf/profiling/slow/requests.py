"""A slow request: what is told of it, and how workers hand it to each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any, TypeAlias

from ..profile import frame_of

_DEEPEST = 40  # innermost lines of a stack
_LONGEST = 200  # characters of anything that is told

# Where a thread or a task was, outermost first: ``function (file:line)``.
Lines: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class SlowRequest:
    """A request of process `pid` that took `seconds`, from `started_at` on (since the epoch).

    `stacks` are where its time went: lines ``function (file:line)``, outermost first, with the share of the
    `looks` at it in which it was there; a request may be in several places at once. There are none where it
    was over before anybody looked.
    """

    method: str
    route: str
    status: str
    seconds: float
    started_at: float
    trace_id: str | None
    pid: int
    looks: int = 0
    stacks: Sequence[tuple[float, Lines]] = ()

    @property
    def ended_at(self) -> float:
        """When its last byte was out, in seconds since the epoch."""
        return self.started_at + self.seconds


def written(request: SlowRequest) -> bytes:
    """A request as JSON."""
    return json.dumps(asdict(request)).encode()


def read(data: bytes) -> SlowRequest:
    """What `written` has made; ValueError, TypeError or KeyError for anything else."""
    found: dict[str, Any] = json.loads(data)
    found["stacks"] = tuple((float(share), tuple(map(str, lines))) for share, lines in found["stacks"])
    return SlowRequest(**found)


def short(text: str) -> str:
    """Text of a bounded length."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def lines_of(frames: Sequence[FrameType]) -> Lines:
    """Where these frames are, of which the first is the innermost."""
    found = []
    for frame in reversed(frames[:_DEEPEST]):
        function = frame_of(frame.f_code)
        found.append(short(f"{function.name} ({function.file}:{frame.f_lineno})"))
    return tuple(found)
