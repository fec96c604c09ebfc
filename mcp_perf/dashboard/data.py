"""What the page shows: a summary of a window, and charts of what has come in it."""

from __future__ import annotations

from typing import Any

from ..monitor import PerformanceMonitor
from ..pace import Pace, unpaced
from ..summary import Options, points, summarise
from .assets import has_library
from .charts import charts
from .waterfall import waterfalls

WINDOW = 600  # seconds, if nobody says
TOP = 500  # rows of each table
_HINT = "For charts install plotly: pip install 'mcp_perf[dashboard]'"
_OFF = "No history is kept (see its setting, and the log): this is all that has come since the beginning."


def data_of(monitor: PerformanceMonitor, options: Options, pace: Pace = unpaced) -> dict[str, Any]:
    """The summary, `steps` of workflows one after another, the charts by name, and `hints` for people."""
    seconds, snapshot = options.window or WINDOW, monitor.snapshot(pace)
    has_history, window, shown = bool(monitor.settings.history), None, dict[str, Any]()
    try:
        if has_history:
            window = monitor.history.window(seconds, snapshot.taken_at, pace)
        if has_history and has_library():
            shown = charts(points(monitor.history, seconds, options.step, snapshot.taken_at, pace))
    except OSError:  # told elsewhere: it cannot be kept
        has_history = False
    summary = summarise(snapshot, options.top or TOP, pace, window=window)
    hints = [] if has_library() else [_HINT]
    return {
        "summary": summary,
        "waterfalls": waterfalls(snapshot, summary["workflows"]["steps"]),
        "charts": shown,
        "hints": hints if has_history else [*hints, _OFF],
    }
