"""Readings of one service, by the history that its metrics app has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from ..remote import NoAnswerError, Service
from ..signals import DATABASE, HTTP, WORKFLOWS, Signal
from .ranges import Range, date
from .reading import Figures, Progress, Reading, Slice, Thing, Widths

_SLICES = 30

T = TypeVar("T")
# Where the summary lists the things of a signal.
_LISTS: Mapping[Signal, str] = {HTTP: "routes", DATABASE: "operations", WORKFLOWS: "steps"}


class OfService:
    """Asks the summary of windows side by side."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def widths(self, asked: Range) -> Widths:
        """A step of the history that reaches so far back; a good one is a thirtieth, in whole steps."""
        known, step = self._read(
            asked, lambda one: (one["window"]["seconds"], int(one["window"]["step_seconds"]))
        )
        if not known:
            raise NoAnswerError(f"the service has no history of {date(asked.begin)} to {date(asked.end)}")
        return Widths(step, max(asked.seconds // _SLICES // step, 1) * step)

    def reading(self, asked: Range, width: int, progress: Progress) -> Reading:
        """See `Source`."""
        service, whole = self._read(asked, lambda one: (str(one["service"]), _slice(asked, one)))
        found, ranges = list[Slice](), asked.slices(width)
        for number, one in enumerate(ranges, 1):
            found.append(self._read(one, partial(_slice, one)))
            progress(number / len(ranges))
        return Reading(service, whole, found)

    def _read(self, asked: Range, make: Callable[[dict[str, Any]], T]) -> T:
        return self._service.read(make, window=asked.seconds, until=asked.end)


def _slice(asked: Range, summary: Mapping[str, Any]) -> Slice:
    return Slice(
        asked,
        summary["window"]["seconds"],
        dict(_things(summary)),
        {signal: _figures(signal, summary[signal.name]) for signal in _LISTS},
    )


def _things(summary: Mapping[str, Any]) -> Iterator[tuple[Thing, Figures]]:
    for signal, key in _LISTS.items():
        for one in summary[signal.name][key]:
            labels = tuple(one[label] for label in signal.things)
            if one[signal.counted_as]:
                yield Thing(signal, labels), _figures(signal, one)


def _figures(signal: Signal, one: Mapping[str, Any]) -> Figures:
    latency = one["latency_seconds"]
    return Figures(
        one[signal.counted_as] or 0.0,
        one["errors"] or 0.0,
        *(latency[name] for name in ("mean", "p50", "p90", "p95", "p99")),
    )
