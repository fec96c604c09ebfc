"""A profile: where the time of one worker went, and what it has cost to find out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

from .options import Options


class Frame(NamedTuple):
    """A function: its name, file and the line where it begins; a mark such as ``(waiting)`` has no file."""

    name: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.name} ({self.file}:{self.line})" if self.file else self.name


WAITING = Frame("(waiting)")  # innermost: whoever this is does nothing
DEEPER = Frame("(deeper)")  # outermost: there are more frames further out
OTHERS = Frame("(others)")  # the whole stack: one of more kinds than are kept

Stack = tuple[Frame, ...]  # outermost first


@dataclass(frozen=True)
class Profile:
    """What was asked for, and what was found in process `pid` of `service`.

    `stacks` are seconds by stack: those for which threads, and tasks that wait, had it, all together, so
    that they may be more than `seconds`, the time that it has taken. `looks` are how often the threads were
    looked at, `task_looks` the tasks; `spent` is the processor time of that, in seconds.
    """

    options: Options
    service: str
    pid: int
    seconds: float
    looks: int
    task_looks: int
    spent: float
    stacks: Mapping[Stack, float]

    @property
    def rate(self) -> float:
        """How many looks there were a second."""
        return self.looks / self.seconds if self.seconds else 0.0

    @property
    def total(self) -> float:
        """The seconds of all stacks together."""
        return sum(self.stacks.values())

    def told(self) -> list[str]:
        """What anybody should know who reads it, in lines."""
        options = self.options
        share = self.spent / self.seconds if self.seconds else 0.0
        what = f"serving {options.route}" if options.route is not None else "in all that it does"
        waiting = "with what waits" if options.with_idle else "without what waits (idle=1 shows it)"
        return [
            f"mcp_perf profile of {self.service}, process {self.pid} (one worker), {what}, {waiting}",
            f"{self.looks} looks in {self.seconds:.2f} s: {self.rate:.1f} a second of {options.hz} "
            f"asked for; {self.task_looks} looks at waiting tasks",
            f"looking took {self.spent:.4f} s of processor time: {100 * share:.2f} % of one core",
        ]


def frame_of(code: CodeType) -> Frame:
    """The frame of a function."""
    name: str = getattr(code, "co_qualname", code.co_name)  # from Python 3.11 on
    return Frame(name, short_path(code.co_filename), code.co_firstlineno)


@lru_cache(maxsize=1024)
def short_path(file: str) -> str:
    """A file's path below where its package was imported from, as it is where that is nowhere."""
    # Anything may be in there; only texts count.
    places = [one.rstrip("/") + "/" for one in sys.path if isinstance(one, str) and one]
    roots = [place for place in places if file.startswith(place)]
    return file[len(max(roots, key=len)) :] if roots else file
