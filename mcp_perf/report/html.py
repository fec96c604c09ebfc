"""A report as one HTML file, with plots, which asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from plotly.graph_objects import Figure, Scatter
from plotly.offline import get_plotlyjs

from ..signals import SIGNALS, Signal
from .comparison import Comparison
from .ranges import date
from .reading import Figures, Reading
from .report import Report
from .wording import COLUMNS, TITLES, cells, heading, shown, verdict

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
"""
_LIGHT = {"paper_bgcolor": "#fff", "plot_bgcolor": "#fff"}


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
    if report.failures:
        failed = "".join(f"<li>{escape(one)}</li>" for one in report.failures)
        yield f'<section class="failed" aria-label="Failed"><h2>Failed</h2><ul>{failed}</ul></section>'
    known = {one.thing: one for one in report.comparisons}
    for signal in SIGNALS:
        rows = [
            _row(report, cells(thing, one, report.now.whole.seconds), known.get(thing))
            for thing, one in shown(report, signal)
        ]
        if rows:
            found = f"{_plots(report, signal)}{_table(report, rows)}"
            yield f"<section><h2>{TITLES[signal]}</h2>{found}</section>"
    yield "</body></html>\n"


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


def _plots(report: Report, signal: Signal) -> str:
    now, before = report.now, report.before
    plots = [
        _plot("Per second", [("now", now, _rate), ("before", before, _rate)], signal),
        _plot("Failed, in %", [("now", now, _failed), ("before", before, _failed)], signal),
        _plot(
            "Seconds",
            [
                *(
                    (name, now, lambda one, _, name=name: getattr(one, name))
                    for name in ("p50", "p95", "p99")
                ),
                ("p95 before", before, lambda one, _: one.p95),
            ],
            signal,
        ),
    ]
    return f'<div class="plots">{"".join(plots)}</div>'


def _plot(title: str, lines: Sequence[tuple[str, Reading | None, Any]], signal: Signal) -> str:
    figure = Figure()
    for name, reading, read in lines:
        if reading is not None:
            # What was before is drawn over what is now, so that they can be compared.
            later = lines[0][1].whole.range.end - reading.whole.range.end if lines[0][1] is not None else 0
            figure.add_trace(
                Scatter(
                    name=name,
                    x=[date(one.range.end + later) for one in reading.slices],
                    y=[read(one.totals.get(signal, Figures()), one.seconds) for one in reading.slices],
                    mode="lines",
                    line={"dash": "dot"} if later else {},
                )
            )
    figure.update_layout(
        title=title,
        height=280,
        margin={"l": 50, "r": 10, "t": 40, "b": 40},
        yaxis={"rangemode": "tozero"},
        legend={"orientation": "h"},
        **_LIGHT,
    )
    found: str = figure.to_html(
        full_html=False, include_plotlyjs=False, config={"displayModeBar": False, "responsive": True}
    )
    return f"<div>{found}</div>"


def _rate(one: Figures, seconds: float) -> float:
    return one.events / seconds


def _failed(one: Figures, seconds: float) -> float | None:  # noqa: ARG001
    return None if one.error_rate is None else 100 * one.error_rate
