"""Readings: what a range of time was like, wherever that was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ..signals import Signal
from .ranges import Range


class Thing(NamedTuple):
    """A route, an operation or a step: the values of its signal's labels."""

    signal: Signal
    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its labels, as people read them."""
        return " ".join(self.labels)


QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Figures:
    """How many have ended and failed, and how long they took, in seconds; None for what is unknown.

    `beyond` names the quantiles that are more than they say, since they are beyond the greatest bucket.
    """

    events: float = 0.0
    errors: float = 0.0
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    beyond: frozenset[str] = frozenset()

    @property
    def error_rate(self) -> float | None:
        """The share that has failed, None of nothing."""
        return self.errors / self.events if self.events else None


@dataclass(frozen=True)
class Slice:
    """A piece of a range: what came in it, by thing and of each signal together.

    Of the `range` so many seconds are `known`.
    """

    range: Range
    known: float
    things: Mapping[Thing, Figures] = field(default_factory=dict)
    totals: Mapping[Signal, Figures] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Those in which all this came, for rates."""
        return self.known or float(self.range.seconds)


@dataclass(frozen=True)
class Reading:
    """What a range was like: as a `whole`, and in `slices` side by side.

    `warnings` are sentences of who was asked: why not all may be in it.
    """

    service: str
    whole: Slice
    slices: Sequence[Slice]
    warnings: Sequence[str] = ()


class Widths(NamedTuple):
    """Of slices, in seconds: the least that tells anything, and a good one."""

    least: int
    good: int


# Told of each part that is done, by how much of all that is.
Progress = Callable[[float], None]


class Source(Protocol):
    """Gives readings of ranges; NoAnswerError."""

    def widths(self, asked: Range) -> Widths:
        """How long slices of that range may be."""

    def reading(self, asked: Range, width: int, progress: Progress) -> Reading:
        """That range, and slices of so many seconds."""
