"""The terminal: what is said at first, the live line, and what is said at the end."""

from __future__ import annotations

import os
from typing import TextIO

from mcp_perf import PerformanceMonitor
from mcp_perf.summary import summarise

from .pages import METRICS, ORDERS, SHOP
from .words import WIDE, Summary, closing, live_line, span

_USUAL_WIDTH = 80
_ECHO = len("^C")  # what a terminal writes into the live line when it is interrupted
_EVERY = 5  # refreshes for a line where there is no terminal


class Terminal:
    """Writes to `stream`: a line drawn over and over on a terminal, a line now and then elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._drawn = 0  # the length of the live line
        self._refreshed = 0  # how often
        self._before: Summary | None = None

    def greet(self, address: str, seconds: float | None) -> None:
        """Say where everything is, and how it ends."""
        column = max(len(page.path) for page in (*SHOP, *METRICS))
        lines = ["A small shop is open, with customers of its own; all they do is measured.", ""]
        for pages in (SHOP, METRICS):
            lines += [f"  {address}{path:{column}}  {words}" for path, words in pages]
            lines.append("")
        lines.append(f"  Order something:  curl -d product_id=1 {address}{ORDERS}")
        end = "Ctrl-C stops it." if seconds is None else f"It stops after {span(seconds)}, or by Ctrl-C."
        self._say([*lines, "", end, ""])

    def refresh(self, monitor: PerformanceMonitor) -> None:
        """Say what is happening; to be called about once a second."""
        summary = _summary(monitor)
        rate = self._rate(summary)
        if self._live:
            self._draw(live_line(summary, rate, self._width() - 1 - _ECHO))
        elif self._refreshed % _EVERY == 1:
            self._say([live_line(summary, rate, WIDE)])
        self._refreshed += 1

    def close(self, monitor: PerformanceMonitor) -> None:
        """Say what has happened."""
        if self._live:
            self._stream.write("\r" + " " * (self._width() - 1) + "\r")
        self._say(closing(_summary(monitor)))

    def _rate(self, summary: Summary) -> float:
        """Requests a second between the summary before and this one."""
        before, self._before = self._before, summary
        requests = summary["http"]["requests"] - (before["http"]["requests"] if before else 0)
        seconds = summary["uptime_seconds"] - (before["uptime_seconds"] if before else 0.0)
        return requests / seconds if seconds > 0 else 0.0

    def _draw(self, line: str) -> None:
        self._stream.write("\r" + line.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(line)

    def _say(self, lines: list[str]) -> None:
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _USUAL_WIDTH
        except OSError:
            return _USUAL_WIDTH


def _summary(monitor: PerformanceMonitor) -> Summary:
    return summarise(monitor.snapshot())
