"""Points: what has come over time, for plots."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ..history import Frame, History
from ..pace import Pace, unpaced
from ..registry.observed import Observed
from ..registry.snapshot import finite
from ..signals import SIGNALS, Signal
from ..storage.grid import Grid
from .latency import latency, unknown
from .numbers import number
from .totals import Came, Totals, added, totals_of

MOST = 1000  # points
_PER_DOUBLING = 2  # rows of a heat map
_PROCESS = ("workers", "cpu_seconds", "resident_memory_bytes", "open_fds")


def points(
    history: History,
    seconds: float,
    step: int | None,
    now: float,
    pace: Pace = unpaced,
    until: float | None = None,
) -> dict[str, Any]:
    """What has come in each `step` of the last `seconds`, column by column: JSON's types throughout.

    Or in those up to `until`, in seconds since the epoch.
    `times` are the ends of the steps, in seconds since the epoch, and `seconds` how much of each is known;
    where nothing is, None stands in all other columns. Without a `step` it is that of history, or longer, so
    that there are a few hundred. LookupError where no history is kept.
    """
    end = now if until is None else until
    resolution = history.resolution(now - end + seconds)
    step = _step(resolution.step, seconds, step)
    frames = history.reduced(totals_of, resolution, end - seconds, end, pace)
    bins: dict[int, list[tuple[Frame, Totals]]] = {}
    for frame, totals in frames:
        # By its middle: a frame ends a moment after the step that it is of.
        place = math.ceil((frame.ended - frame.seconds / 2) / step)
        bins.setdefault(place, []).append((frame, totals))
    known = sorted(bins)
    places = range(known[0], known[-1] + 1) if known else range(0)
    rows = [_Point(bins.get(place, []), pace) for place in places]
    return {
        "times": [place * step for place in places],
        "seconds": [row.seconds for row in rows],
        **{signal.name: _section(signal, rows) for signal in SIGNALS},
        "process": {name: [row.process.get(name) for row in rows] for name in _PROCESS},
    }


def _step(finest: int, seconds: float, step: int | None) -> int:
    """`step` as a multiple of the finest, and so that there are not too many."""
    wanted = step if step is not None else seconds / 200
    return finest * max(math.ceil(max(wanted, seconds / MOST) / finest), 1)


class _Point:
    """What came in one step; `is_known` says whether anybody was there to see."""

    def __init__(self, frames: Sequence[tuple[Frame, Totals]], pace: Pace) -> None:
        self.is_known = bool(frames)
        self.seconds = sum(frame.seconds for frame, _ in frames)
        self.totals = added(totals for _, totals in frames)
        last = frames[-1][0] if frames else None
        self.gauges = last.gauges if last is not None else {}
        levels = last.process if last is not None else {}
        self.process = {name: finite(value) for name, value in levels.items()}
        spent = [frame.process["cpu_seconds"] for frame, _ in frames if "cpu_seconds" in frame.process]
        if spent:
            self.process["cpu_seconds"] = sum(spent)
        pace()

    def of(self, signal: Signal) -> Came | None:
        """What came of that, None for nothing."""
        return self.totals.get(signal.name)


def _section(signal: Signal, rows: Sequence[_Point]) -> dict[str, Any]:
    come = [row.of(signal) for row in rows]

    def column(read: Callable[[Came], float]) -> list[Any]:
        return [
            None if not row.is_known else number(read(one)) if one is not None else 0
            for row, one in zip(rows, come, strict=True)
        ]

    latencies = [latency(one.grid, one.total) if one is not None else unknown() for one in come]
    found: dict[str, Any] = {
        "events": column(lambda one: one.total.events),
        "errors": column(
            lambda one: sum(events for status, events in one.statuses.items() if signal.is_failure(status))
        ),
        "statuses": {
            status: column(lambda one, status=status: one.statuses.get(status, 0.0))  # type: ignore[misc]
            for status in sorted({status for one in come if one is not None for status in one.statuses})
        },
        "latency_seconds": {key: [one[key] for one in latencies] for key in unknown()},
        "heatmap": _heat(rows, come),
    }
    if signal.active is not None:
        key = signal.active.key
        found[signal.active_name] = [
            number(row.gauges.get(key, 0.0)) if row.is_known else None for row in rows
        ]
    return found


def _heat(rows: Sequence[_Point], come: Sequence[Came | None]) -> dict[str, Any]:
    """How many took how long: `bounds` are the upper ends of the rows, `counts` those of each step."""
    cells = [_cells(one.grid, one.total) if one is not None else {} for one in come]
    present = sorted({place for one in cells for place in one})
    places = range(present[0], present[-1] + 1) if present else range(0)
    return {
        "bounds": [2.0 ** (place / _PER_DOUBLING) for place in places],
        "counts": [
            [number(one.get(place, 0.0)) for place in places] if row.is_known else None
            for row, one in zip(rows, cells, strict=True)
        ],
    }


def _cells(grid: Grid, one: Observed) -> dict[int, float]:
    rows = _rows(grid)
    found: dict[int, float] = {}
    for slot, count in enumerate(one.counts, one.start):
        if count:
            found[rows[slot]] = found.get(rows[slot], 0.0) + count
    return found


@lru_cache(maxsize=64)
def _rows(grid: Grid) -> tuple[int, ...]:
    """The row of a heat map that each slot is in."""
    least = min((bound for bound in grid.bounds if bound > 0), default=1.0)
    ends = [max(bound, least) for bound in grid.bounds]
    rows = [math.ceil(_PER_DOUBLING * math.log2(end) - 1e-9) for end in ends]
    return (*rows, rows[-1] + 1)
