"""A report as one HTML file, with plots, which asks nobody for anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any

from plotly.graph_objects import Figure, Scatter
from plotly.offline import get_plotlyjs

from ..signals import SIGNALS, Signal
from .comparison import Comparison, slower
from .ranges import date
from .reading import Figures, Reading
from .report import Report
from .wording import COLUMNS, NOT_SLOWER, TITLES, cells, heading, notes, shown, verdict, worse

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#ddd, #444); --bad: light-dark(#b00020, #ff8a80);
  --good: light-dark(#1b6e2c, #7bd88f); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 75rem; padding: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child {
  text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 12rem;
}
.slower, .failed { color: var(--bad); font-weight: 600; }
.faster { color: var(--good); }
.plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
.plots > div { min-width: 0; height: 300px; }
"""
_CONFIG = {"displayModeBar": False, "responsive": True}


def html(report: Report) -> str:
    """The whole report."""
    return "".join(_parts(report))


def _parts(report: Report) -> Iterator[str]:
    service, times = heading(report)
    yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(service)}</title><style>{_STYLE}</style>"
    yield f"<script>{get_plotlyjs()}</script></head><body>"
    yield f"<h1>{escape(service)}</h1><p>{escape(times)}</p>"
    for title, sentences in notes(report):
        yield f'<section class="failed"><h2>{title}</h2>{_list(sentences)}</section>'
    if report.before is not None:
        yield f"<section><h2>What got slower</h2>{_slower(report)}</section>"
        for title, sentences in worse(report):
            yield f"<section><h2>{title}</h2>{_list(sentences)}</section>"
    known = {one.thing: one for one in report.comparisons}
    figures: list[Figure] = []
    for signal in SIGNALS:
        rows = [
            _row(report, cells(thing, one, report.now.whole.seconds), known.get(thing))
            for thing, one in shown(report, signal)
        ]
        if rows:
            plots = _plots(report, signal)
            places = "".join(f'<div id="plot-{len(figures) + place}"></div>' for place in range(len(plots)))
            figures += plots
            yield f"<section><h2>{TITLES[signal]}</h2>"
            yield f'<div class="plots">{places}</div>{_table(report, rows)}</section>'
    yield f"<script>{_drawing(figures)}</script></body></html>\n"


def _slower(report: Report) -> str:
    found = [f"{one.thing.name}: {verdict(one)}" for one in slower(report.comparisons)]
    return _list(found) if found else f"<p>{NOT_SLOWER}</p>"


def _list(sentences: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in sentences)}</ul>"


def _drawing(figures: Sequence[Figure]) -> str:
    # At the end: how wide a plot is depends on those beside it.
    made = json.dumps([json.loads(one.to_json()) for one in figures]).replace("<", "\\u003c")
    return (
        f"{made}.forEach((one, place) => "
        f"Plotly.newPlot('plot-' + place, one.data, one.layout, {json.dumps(_CONFIG)}));"
    )


def _table(report: Report, rows: Sequence[str]) -> str:
    columns = [*COLUMNS, "change"] if report.before is not None else COLUMNS
    head = "".join(f'<th scope="col">{escape(one) or "what"}</th>' for one in columns)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="scroll" tabindex="0">{table}</div>'


def _row(report: Report, texts: Sequence[str], comparison: Comparison | None) -> str:
    found = "".join(f"<td>{escape(one)}</td>" for one in texts)
    if report.before is not None and comparison is not None:
        words = "slower" if comparison.failing == "more" else comparison.verdict.split()[0]
        found += f'<td class="{words}">{escape(verdict(comparison))}</td>'
    return f"<tr>{found}</tr>"


def _plots(report: Report, signal: Signal) -> list[Figure]:
    now, before = report.now, report.before
    quantiles = ("p50", "p95", "p99")
    return [
        _plot("Per second", [("now", now, _rate), ("before", before, _rate)], signal),
        _plot("Failed, in %", [("now", now, _failed), ("before", before, _failed)], signal),
        _plot(
            "Seconds",
            [
                *((name, now, lambda one, _, name=name: getattr(one, name)) for name in quantiles),
                ("p95 before", before, lambda one, _: one.p95),
            ],
            signal,
        ),
    ]


def _plot(title: str, lines: Sequence[tuple[str, Reading | None, Any]], signal: Signal) -> Figure:
    figure = Figure()
    for name, reading, read in lines:
        if reading is not None:
            # What was before is drawn over what is now, so that they can be compared.
            later = lines[0][1].whole.range.end - reading.whole.range.end if lines[0][1] is not None else 0
            figure.add_trace(
                Scatter(
                    name=name,
                    x=[date(one.range.end + later) for one in reading.slices],
                    y=values(reading, signal, read),
                    mode="lines",
                    line={"dash": "dot"} if later else {},
                )
            )
    figure.update_layout(
        template="plotly_white",
        title=title,
        margin={"l": 50, "r": 10, "t": 40, "b": 40},
        yaxis={"rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.1, "x": 1, "xanchor": "right"},
    )
    return figure


def values(reading: Reading, signal: Signal, read: Callable[[Figures, float], Any]) -> list[Any]:
    """What `read` makes of each slice; None, a gap, where nothing is known, since that is not nothing."""
    return [
        read(one.totals.get(signal, Figures()), one.seconds) if one.known else None for one in reading.slices
    ]


def _rate(one: Figures, seconds: float) -> float:
    return one.events / seconds


def _failed(one: Figures, seconds: float) -> float | None:  # noqa: ARG001
    return None if one.error_rate is None else 100 * one.error_rate
