"""What the page shows: a summary of a window, and charts of what has come in it."""

from __future__ import annotations

from typing import Any

from ..history import History, Window
from ..monitor import PerformanceMonitor
from ..pace import Pace, unpaced
from ..summary import Options, points, slow_requests, summarise
from .assets import has_library
from .charts import charts
from .waterfall import waterfalls

WINDOW = 600  # seconds, if nobody says
TOP = 2000  # entries of each list: as many as a metric has, unless max_series says otherwise
_HINT = "For charts install plotly: pip install 'mcp_perf[dashboard]'"
_OFF = "No history is kept (see its setting, and the log): this is all that has come since the beginning."


def data_of(
    monitor: PerformanceMonitor, options: Options, pace: Pace = unpaced, *, sees_code: bool = False
) -> dict[str, Any]:
    """The summary, `waterfalls` of workflows, `charts` by name, and `hints` for people.

    Slow requests have their stacks for who `sees_code`. `kept_seconds` is how far back history goes at most,
    0 where none is kept.
    """
    snapshot = monitor.snapshot(pace)
    kept = max((one.span for one in monitor.settings.history), default=0)
    window, shown = None, dict[str, Any]()
    try:
        if kept:
            window, shown = _past(monitor.history, options, snapshot.taken_at, pace)
    except OSError:  # told elsewhere: it cannot be kept
        kept = 0
    slow = slow_requests(monitor.slow_requests, options, snapshot.taken_at, with_stacks=sees_code)
    summary = summarise(snapshot, options.top or TOP, pace, window=window, slow=slow)
    hints = [] if has_library() else [_HINT]
    return {
        "summary": summary,
        "waterfalls": waterfalls(snapshot, summary["workflows"]["steps"]),
        "charts": shown,
        "kept_seconds": kept,
        "hints": hints if kept else [*hints, _OFF],
    }


def _past(history: History, options: Options, now: float, pace: Pace) -> tuple[Window, dict[str, Any]]:
    """The window that is asked for, and charts of it where they can be drawn; raises OSError."""
    seconds = options.window or WINDOW
    window = history.window(seconds, now, pace, options.until)
    return window, charts(
        points(history, seconds, options.step, now, pace, options.until)
    ) if has_library() else {}
