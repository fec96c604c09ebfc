"""Progress of a report whose queries take their time."""

from __future__ import annotations

import json
import threading

from support.answers import Answers
from support.programs import need_module
from support.terminal import Terminal

LABELS = {"method": "GET", "route": "/", "status": "200"}
ROW = {"metric": LABELS, "value": [0, "5"], "values": []}


def result(*rows):
    return json.dumps({"status": "success", "data": {"result": rows}})


def test_bar_in_a_terminal() -> None:
    """In a terminal a bar says how far the queries are, and leaves nothing but the report."""
    need_module("rich")
    go_on = threading.Event()

    def answer(path, query):
        if not path.startswith("/api"):
            return 404, ""
        if "db_operations_total" in query["query"][0]:
            go_on.wait(30)
        return 200, result(*[ROW] if "http_requests_total" in query["query"][0] else [])

    with Answers(answer) as server, Terminal("report", server.url) as terminal:
        terminal.shows("asking", "33%")
        go_on.set()
        while terminal.read():
            pass
        assert "asking" not in terminal.text
        assert f"# {server.url}" in terminal.text
