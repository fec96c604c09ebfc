"""What a report says, whatever it is written as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..signals import DATABASE, HTTP, WORKFLOWS, Signal
from ..words import duration, percent, plain
from .comparison import Comparison, failing_more, gone
from .ranges import date
from .reading import Figures, Slice, Thing
from .report import Report

TITLES = {HTTP: "HTTP", DATABASE: "Database", WORKFLOWS: "Workflows"}
NOT_SLOWER = "Nothing did, as far as there was enough traffic to tell."
_MOST = 50  # sentences in a list
COLUMNS = ("", "events", "per second", "errors", "mean", "p50", "p95", "p99")


def heading(report: Report) -> tuple[str, str]:
    """What is reported on, and of when."""
    times = _times(report.now.whole)
    if report.before is not None:
        times += f", compared to {_times(report.before.whole)}"
    return plain(report.now.service), times


def notes(report: Report) -> Iterator[tuple[str, Sequence[str]]]:
    """What has to be said before all else, in sentences below a title."""
    if report.verdicts.met:
        yield "Failed", report.verdicts.met
    if report.verdicts.undecided:
        yield "Cannot be told", report.verdicts.undecided
    if report.warnings:
        yield "Not all may be in this report", report.warnings


def _times(one: Slice) -> str:
    found = f"{date(one.range.begin)} to {date(one.range.end)}"
    missing = one.range.seconds - one.known
    return found + (f" (of which {one.known:.0f} s are known)" if missing > one.range.seconds / 20 else "")


def worse(report: Report) -> Iterator[tuple[str, Sequence[str]]]:
    """What else is worse than before, in sentences below a title: what fails more, and what is no more."""
    failing = [
        f"{one.thing.name}: {percent(one.now.error_rate)}, before {percent(one.before.error_rate)}"
        for one in failing_more(report.comparisons)
        if one.now is not None and one.before is not None
    ]
    left = [
        f"{one.thing.name}: {one.before.events:,.0f} before"
        for one in gone(report.comparisons)
        if one.before is not None
    ]
    for title, found in (("What fails more", failing), ("What came before and not now", left)):
        more = [f"and {len(found) - _MOST} more"] if len(found) > _MOST else []
        if found:
            yield title, [*found[:_MOST], *more]


def verdict(one: Comparison) -> str:
    """What became of one thing, as people say it."""
    words = str(one.verdict)
    if one.shift is not None and one.verdict in ("slower", "faster"):
        words = f"{_percent(one.shift.ratio)} ({_percent(one.shift.low)} to {_percent(one.shift.high)})"
    return words + (f", fails {one.failing}" if one.failing != "alike" else "")


def cells(thing: Thing, one: Figures, seconds: float) -> list[str]:
    """What a table says of one thing."""
    return [
        thing.name,
        f"{one.events:,.0f}",
        f"{one.events / seconds:,.2f}",
        percent(one.error_rate),
        duration(one.mean),
        *(
            _quantile(one, name, value)
            for name, value in (("p50", one.p50), ("p95", one.p95), ("p99", one.p99))
        ),
    ]


def _quantile(one: Figures, name: str, value: float | None) -> str:
    return f"> {duration(value)}" if name in one.beyond else duration(value)


def shown(report: Report, signal: Signal) -> list[tuple[Thing, Figures]]:
    """The things of a signal, those with most events first."""
    found = [(thing, one) for thing, one in report.now.whole.things.items() if thing.signal is signal]
    return sorted(found, key=lambda pair: (-pair[1].events, pair[0].labels))


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.0f} %"
