"""Instances that are not there: one server with as many targets as wanted, which all show a real one's text.

Counters grow with the seconds, all alike; Prometheus keeps each target's series apart all the same.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"
_SAMPLE = re.compile(r"^(?P<series>[^#\s{]+(?:\{.*\})?) (?P<value>\S+)$")
_GAUGES = ("in_progress", "active", "workers", "monitor_series", "process_", "python_info")


class Text:
    """The text of an instance, whose counters have grown by a thousandth with each second."""

    def __init__(self, text: str) -> None:
        self._began = time.monotonic()
        self._lines = [self._parted(line) for line in text.splitlines()]
        self._lock = threading.Lock()
        self._now = -1, b""

    @property
    def series(self) -> list[str]:
        return [series for series, value in self._lines if value is not None]

    def rendered(self) -> bytes:
        """The text of this second."""
        second = int(time.monotonic() - self._began)
        with self._lock:
            if self._now[0] != second:
                self._now = second, self._at(second)
            return self._now[1]

    def _at(self, second: int) -> bytes:
        lines = (
            line if value is None else f"{line} {self._grown(line, value, second)}"
            for line, value in self._lines
        )
        return "".join(f"{line}\n" for line in lines).encode()

    @staticmethod
    def _grown(series: str, value: float, second: int) -> float:
        if any(word in series for word in _GAUGES):
            return value
        factor = 1 + second / 1000
        return value * factor if "_sum" in series else float(int(value * factor))

    @staticmethod
    def _parted(line: str) -> tuple[str, float | None]:
        found = _SAMPLE.match(line)
        return (found["series"], float(found["value"])) if found else (line, None)


@contextmanager
def served(text: Text) -> Iterator[int]:
    """The port of a server where every path shows the text."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = text.rendered()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
