"""Windows: what has come in the last so many seconds, as a snapshot of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..pace import Pace, collected, unpaced
from ..registry.distribution import Distributions
from ..registry.observed import Observed, run_of
from ..registry.snapshot import FamilyReading, Snapshot
from .change import Change, FamilyChange, FamilyKey, key_of
from .frames import Frame


@dataclass(frozen=True)
class Window:
    """What has come in the `seconds` up to `ended`, None for nothing, in steps of `step` seconds."""

    change: Change
    seconds: float
    ended: float | None
    step: int


def window_of(frames: Iterable[Frame], step: int, pace: Pace = unpaced) -> Window:
    """The frames as one window."""
    change, seconds, ended = Change(), 0.0, None
    for frame in frames:
        change.add(frame.change, pace)
        seconds += frame.seconds
        ended = frame.ended
    return Window(change, seconds, ended, step)


def in_window(snapshot: Snapshot, window: Window, pace: Pace = unpaced) -> Snapshot:
    """The snapshot with what has come in the window, instead of ever; its gauges read as they do."""
    come = {key_of(one.description): one for one in window.change}
    return replace(snapshot, families=tuple(_families(snapshot.families, come, pace)))


def _families(
    families: Sequence[FamilyReading], come: dict[FamilyKey, FamilyChange], pace: Pace
) -> Iterator[FamilyReading]:
    for reading in families:
        one = come.pop(key_of(reading.description), None)
        if reading.description.kind == "gauge":
            yield reading
        else:
            yield _reading(one if one is not None else FamilyChange(reading.description), pace)
    for one in come.values():  # all of whose series have left since
        if one.description.kind != "gauge":
            yield _reading(one, pace)


def _reading(one: FamilyChange, pace: Pace) -> FamilyReading:
    labels, amounts = tuple(one.amounts), one.amounts.values()
    grid = one.description.grid
    if grid is None:
        return FamilyReading(
            one.description, labels, [amount for amount in amounts if isinstance(amount, float)]
        )
    runs = collected((run_of(grid, amount) for amount in amounts if isinstance(amount, Observed)), pace)
    return FamilyReading(one.description, labels, Distributions(grid, runs))
