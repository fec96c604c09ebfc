"""The screen: a view as a table of rich's."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from ..words import duration, percent, plain
from .view import SORTS, Row, View, ordered

_COLUMNS = ("", "what", "per second", "errors", "p50", "p95", "p99")
# From how many columns of a terminal on there is room for which.
_ROOM = ((75, _COLUMNS), (45, ("what", "per second", "errors", "p95")), (0, ("what", "p95")))


def table_of(view: View, by: str, most: int, width: int) -> Table:
    """The table of a view, with at most so many rows, the greatest by `by` first, for so wide a terminal."""
    table = Table(title=_title(view), caption=_caption(view, by), title_justify="left", expand=True)
    shown = next(names for least, names in _ROOM if width >= least)
    for name in shown:
        if name == "what":
            table.add_column(name, ratio=1, no_wrap=True, overflow="ellipsis")
        else:
            table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for row in ordered(view.rows, by, most):
        cells = dict(zip(_COLUMNS, _cells(row), strict=True))
        table.add_row(*(cells[name] for name in shown))
    return table


def _title(view: View) -> Text:
    facts = [f"{view.per_second:.1f} requests per second"]
    if view.in_progress is not None:
        facts.append(f"{view.in_progress:.0f} in progress")
    if view.workers is not None:
        facts.append(f"{view.workers:.0f} worker{'s' * (view.workers != 1)}")
    return Text(plain(f"{view.service}: {', '.join(facts)}"))


def _caption(view: View, by: str) -> str:
    others = ", ".join(name for name in SORTS if name != by)
    return f"the last {view.seconds:.0f} s, by {by} (--sort {others}); Ctrl-C ends"


def _cells(row: Row) -> list[Text]:
    return [
        Text(row.kind, style="dim"),
        Text(plain(row.name)),
        Text(f"{row.per_second:.2f}"),
        Text(percent(row.errors), style="bold red" if row.errors else ""),
        *(Text(duration(value)) for value in (row.p50, row.p95, row.p99)),
    ]
