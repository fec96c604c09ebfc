"""Charts: figures for plotly.js, made of points; the page only draws them, in the colours of its theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_QUANTILES = ("p50", "p95", "p99")
# Of classes of statuses; all others are as the library has them.
_COLOURS = {"2xx": "#1f77b4", "3xx": "#7f8c9b", "4xx": "#ff9f1c", "5xx": "#d62728"}
Figure = dict[str, Any]
Column = Sequence[Any]


def charts(points: dict[str, Any]) -> dict[str, Figure]:
    """The figures by name; of what has not come there is none."""
    if not points["times"]:
        return {}
    plots = _Plots(points)
    http, database, workflows = points["http"], points["database"], points["workflows"]
    process = points["process"]
    found = {
        "traffic": plots.lines("Requests", "per second", plots.by_class(), stackgroup="all"),
        "errors": plots.lines("Error rate", "%", {"5xx": _shares(http)}),
        "latency": plots.lines("Latency of requests", "seconds", _quantiles(http)),
        "heatmap": plots.heat("Durations of requests", http["heatmap"]),
        "in_progress": plots.lines("In progress", "requests", {"requests": http["in_progress"]}),
    }
    if any(database["events"]):
        found["database"] = plots.lines("Latency of database operations", "seconds", _quantiles(database))
    if any(workflows["events"]):
        found["workflows"] = plots.lines("Active workflows", "runs", {"runs": workflows["active"]})
    return {
        **found,
        "cpu": plots.lines("Processor", "cores", {"cores": plots.per_second(process["cpu_seconds"])}),
        "memory": plots.lines("Memory", "bytes", {"resident": process["resident_memory_bytes"]}),
    }


class _Plots:
    """Figures over the times of `points`."""

    def __init__(self, points: dict[str, Any]) -> None:
        self._points = points
        self._times = [1000 * seconds for seconds in points["times"]]  # as plotly has dates

    def lines(self, title: str, unit: str, columns: dict[str, Column], **more: str) -> Figure:
        """A line for each column."""
        line = {"type": "scatter", "mode": "lines", "x": self._times, **more}
        data = [
            {**line, "name": name, "y": list(column), "line": {"color": _COLOURS.get(name)}}
            for name, column in columns.items()
        ]
        return self._figure(title, {"title": {"text": unit}, "rangemode": "tozero"}, data)

    def heat(self, title: str, heatmap: dict[str, Any]) -> Figure:
        """How many took how long, over time."""
        counts = heatmap["counts"]
        rows = range(len(heatmap["bounds"]))
        trace = {
            "type": "heatmap",
            "x": self._times,
            "y": [_seconds(bound) for bound in heatmap["bounds"]],
            "z": [[one[row] or None if one is not None else None for one in counts] for row in rows],
            "colorscale": "Viridis",
            "showscale": False,
            "hoverongaps": False,
        }
        return self._figure(title, {"title": {"text": "up to"}, "type": "category"}, [trace])

    def by_class(self) -> dict[str, Column]:
        """Requests a second by the class of their status."""
        http, classes = self._points["http"], dict[str, Column]()
        for status, column in sorted(http["statuses"].items()):
            name = f"{status[:1]}xx"
            classes[name] = _added(classes[name], column) if name in classes else column
        classes = classes or {"2xx": http["events"]}
        return {name: self.per_second(column) for name, column in classes.items()}

    def per_second(self, column: Column) -> Column:
        """What has come, by second."""
        return [
            number / seconds if number is not None and seconds else None
            for number, seconds in zip(column, self._points["seconds"], strict=True)
        ]

    def _figure(self, title: str, axis: Figure, data: list[Figure]) -> Figure:
        layout = {
            "title": {"text": title},
            "xaxis": {"type": "date"},
            "yaxis": axis,
            "showlegend": len(data) > 1,
        }
        return {"data": data, "layout": layout}


def _added(one: Column, other: Column) -> Column:
    return [None if a is None else a + b for a, b in zip(one, other, strict=True)]


def _shares(section: dict[str, Any]) -> Column:
    pairs = zip(section["events"], section["errors"], strict=True)
    return [None if events is None else 100 * errors / events if events else 0 for events, errors in pairs]


def _quantiles(section: dict[str, Any]) -> dict[str, Column]:
    return {name: section["latency_seconds"][name] for name in _QUANTILES}


def _seconds(value: float) -> str:
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
