"""The sections of the summary, put together in one pass over a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import catalogue
from ..catalogue import FamilySpec
from ..history import Window, in_window
from ..pace import Pace, unpaced
from ..process import program
from ..registry.snapshot import FamilyReading, Snapshot
from ..signals import DATABASE, HTTP, WORKFLOWS, Signal
from .numbers import Number, added, date, number
from .options import check_top
from .outcomes import Things
from .processes import processes
from .shortening import Keep, greatest, named
from .values import custom, series

_CUSTOM = ("calls", "custom")


def _itself(entry: dict[str, Any]) -> dict[str, Any]:
    return entry


def summarise(
    snapshot: Snapshot,
    top: int | None = None,
    pace: Pace = unpaced,
    keep: Keep = _itself,
    window: Window | None = None,
    slow: Sequence[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The summary of a snapshot: JSON's types throughout, durations in seconds, None for what is unknown.

    With `top` each list has at most so many entries, those with most events, or the greatest values, first;
    beside it, as ``routes_omitted``, is how many were left out. Totals are always of all. ValueError for a
    `top` that is no whole number above 0. `pace` is called now and then. `keep` gives what is kept of each
    entry, so that there need not be many of them at once: `text`, for `written`. Of a `window` of history it
    is what has come in that; gauges and processes are as they are now. `slow` are slow requests, the newest
    first, where any are kept.
    """
    check_top(top)
    if window is not None:
        snapshot = in_window(snapshot, window, pace)
    return _Summary(snapshot, top, pace, keep, slow).made(snapshot, window)


def head(snapshot: Snapshot) -> dict[str, Any]:
    """What every answer says first: of which service it is, and when it was made."""
    return {
        "service": snapshot.service or program(),
        "generated_at": date(snapshot.taken_at),
        "uptime_seconds": max(snapshot.taken_at - snapshot.started_at, 0.0),
        "workers": len(snapshot.workers),
    }


class _Summary:
    def __init__(
        self,
        snapshot: Snapshot,
        top: int | None,
        pace: Pace,
        keep: Keep,
        slow: Sequence[dict[str, Any]] | None,
    ) -> None:
        self._slow = slow
        self._top = top
        self._keep = keep
        self._pace = pace
        self._families: dict[tuple[str, str], list[FamilyReading]] = {}
        for family in snapshot.families:
            description = family.description
            self._families.setdefault((description.section, description.key), []).append(family)

    def made(self, snapshot: Snapshot, window: Window | None) -> dict[str, Any]:
        return {
            **head(snapshot),
            **({"window": _told(window)} if window is not None else {}),
            "http": self._http(),
            "database": self._operations("operations", DATABASE),
            "workflows": {**self._active(), **self._operations("steps", WORKFLOWS)},
            "custom": [
                custom(family, self._top, self._keep, self._pace)
                for family in snapshot.families
                if family.description.section in _CUSTOM
            ],
            "process": processes(snapshot.workers),
            "monitor": self._monitor(),
        }

    def _http(self) -> dict[str, Any]:
        things = Things(self._of(HTTP.family), HTTP.things, HTTP.is_failure, self._pace)
        routes, (events, failed, latency) = things.told(self._top, HTTP.counted_as, self._keep)
        return {
            "requests": events,
            "in_progress": self._added(catalogue.HTTP_IN_PROGRESS),
            **failed,
            "latency_seconds": latency,
            **named("routes", routes),
            **self._series("exceptions", catalogue.HTTP_EXCEPTIONS),
            "websockets": {
                **self._series("active", catalogue.WEBSOCKET_ACTIVE),
                **self._series("connections", catalogue.WEBSOCKET_TOTAL),
            },
            **self._slowest(),
        }

    def _slowest(self) -> dict[str, Any]:
        if self._slow is None:
            return {}
        shown = [self._keep(one) for one in self._slow[: self._top]]
        return named("slow_requests", (shown, None if self._top is None else len(self._slow) - len(shown)))

    def _operations(self, name: str, signal: Signal) -> dict[str, Any]:
        things = Things(self._of(signal.family), signal.things, signal.is_failure, self._pace)
        found, (events, failed, latency) = things.told(self._top, signal.counted_as, self._keep)
        return {signal.counted_as: events, **failed, "latency_seconds": latency, **named(name, found)}

    def _active(self) -> dict[str, Any]:
        found = self._numbers(catalogue.ACTIVE_WORKFLOWS)
        if self._top is None:
            return {"active": {labels[0]: number(value) for labels, value in found}}
        sizes = [value for _, value in found]
        most = greatest(sizes, self._top, lambda place: found[place][0], self._pace)
        shown = {found[place][0][0]: number(sizes[place]) for place in most}
        return named("active", (shown, len(found) - len(most)))

    def _monitor(self) -> dict[str, Any]:
        scrapes = self._added(catalogue.MONITOR_SCRAPES)
        spent = self._added(catalogue.MONITOR_SCRAPE_DURATION)
        return {
            "series": self._added(catalogue.MONITOR_SERIES),
            "overflowed": self._added(catalogue.MONITOR_OVERFLOWED),
            "events_lost": self._added(catalogue.MONITOR_LOST),
            "scrapes": scrapes,
            "scrape_errors": self._added(catalogue.MONITOR_SCRAPE_ERRORS),
            "scrape_duration_seconds": (spent or 0.0) / scrapes if scrapes else None,
        }

    def _of(self, spec: FamilySpec) -> list[FamilyReading]:
        """The families of a catalogue entry: one for each set of label names, none where nothing was."""
        return self._families.get((spec.section, spec.key), [])

    def _series(self, name: str, spec: FamilySpec) -> dict[str, Any]:
        return named(name, series(self._of(spec), self._top, self._keep, self._pace))

    def _numbers(self, spec: FamilySpec) -> list[tuple[tuple[str, ...], float]]:
        return [pair for family in self._of(spec) for pair in zip(family.labels, family.raw, strict=True)]

    def _added(self, spec: FamilySpec) -> Number:
        return added(value for _, value in self._numbers(spec))


def _told(window: Window) -> dict[str, Any]:
    ended = date(window.ended) if window.ended is not None else None
    return {"seconds": window.seconds, "ended_at": ended, "step_seconds": window.step}
