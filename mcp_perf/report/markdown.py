"""A report as Markdown: for a terminal, a pull request, a chat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..signals import SIGNALS
from ..words import NOTHING, duration, plain
from .comparison import slower
from .report import Report
from .wording import COLUMNS, NOT_SLOWER, TITLES, cells, heading, notes, shown, verdict, worse

_MOST = 50  # rows of a table


def markdown(report: Report) -> str:
    """The whole report, without plots."""
    return "\n".join([*_head(report), *_changes(report), *_sections(report)]) + "\n"


def _head(report: Report) -> Iterator[str]:
    service, times = heading(report)
    yield from (f"# {_escaped(service)}", "", times, "")
    for title, sentences in notes(report):
        yield from (f"**{title}**", "", *(f"- {_escaped(one)}" for one in sentences), "")


def _changes(report: Report) -> Iterator[str]:
    if report.before is None:
        return
    found = slower(report.comparisons)
    yield from ("## What got slower", "")
    rows = [
        [
            one.thing.name,
            verdict(one),
            *(duration(figures.mean) if figures else NOTHING for figures in (one.before, one.now)),
        ]
        for one in found
    ]
    yield from _table(("", "change", "mean before", "mean now"), rows) if rows else (NOT_SLOWER, "")
    for title, sentences in worse(report):
        yield from (f"## {title}", "", *(f"- {_escaped(one)}" for one in sentences), "")


def _sections(report: Report) -> Iterator[str]:
    seconds = report.now.whole.seconds
    known = {one.thing: verdict(one) for one in report.comparisons}
    columns: Sequence[str] = (*COLUMNS, "change") if report.before is not None else COLUMNS
    for signal in SIGNALS:
        things = shown(report, signal)
        if things:
            yield from (f"## {TITLES[signal]}", "")
            more = [[known.get(thing, NOTHING)] if report.before is not None else [] for thing, _ in things]
            rows = [
                [*cells(thing, one, seconds), *last] for (thing, one), last in zip(things, more, strict=True)
            ]
            yield from _table(columns, rows[:_MOST])
            if len(rows) > _MOST:
                yield from (f"And {len(rows) - _MOST} more.", "")


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield _row(columns)
    yield _row(["---", *["---:"] * (len(columns) - 1)])
    yield from (_row([_escaped(cell) for cell in row]) for row in rows)
    yield ""


def _row(found: Sequence[str]) -> str:
    return f"| {' | '.join(found)} |"


def _escaped(text: str) -> str:
    # Labels may be anybody's.
    return "".join(f"\\{one}" if one in "\\`*_[]<>|#~" else one for one in plain(text))
