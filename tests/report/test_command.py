"""`mcp-perf report`: what it writes, where, and how it ends."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator
from support.answers import Answers
from support.programs import need_module

from mcp_perf import PerformanceMonitor, monitor_db_operation, monitor_workflow_step
from mcp_perf.cli import main

NASTY = "</script><script>alert(1)</script>|`*\x1b[31m"
SCHEMA = json.loads((files("mcp_perf.report") / "report.schema.json").read_text())


@pytest.fixture
def url(clock, monkeypatch):
    """A service with ten minutes of history; one of its operations became slower after the first half."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, service="shop")
    for number in range(120):
        with monitor_workflow_step("größe", "λ", monitor=monitor):
            clock.advance(0.0001)
        for table, seconds in (("users", 0.01), ("orders", 0.01 if number < 60 else 0.013), (NASTY, 0.02)):
            for _ in range(5):
                with monitor_db_operation("select", table, monitor=monitor):
                    clock.advance(seconds * (1.03 if number % 3 else 1.0))
        with monitor_workflow_step("order", "pay" if number < 60 else "ship", monitor=monitor):
            clock.advance(0.1)
        clock.advance(5 - clock.now % 5)
        monitor._sampler.sample()
    monkeypatch.setattr("mcp_perf.report.command.time.time", lambda: clock.now)
    with monitor.serve(port=0) as server:
        yield f"http://127.0.0.1:{server.port}"


COMPARED = ("--since", "5m", "--compare-to", "previous")


def test_markdown(url, capsys) -> None:
    """Unless something else is asked for it is Markdown on standard output, with what got slower."""
    assert 0 == main(["report", url, *COMPARED])
    text = capsys.readouterr().out
    assert "# shop\n" in text
    (row,) = [line for line in text.split("## Database")[0].splitlines() if line.startswith("| select")]
    cells = [one.strip() for one in row.strip("|").split("|")]
    assert ("select orders", "10.2 ms", "13.3 ms") == (cells[0], cells[2], cells[3])
    assert cells[1].startswith("+30 %")
    assert "\x1b" not in text
    assert "<script>" not in text


EMPTY = json.dumps({"status": "success", "data": {"result": []}})


@pytest.fixture
def worse():
    """A Prometheus: of sixty routes the least asked fails more than before, and the most asked is gone."""
    rows = [("POST", "/checkout", "200", 6000, 0)]
    rows += [("GET", f"/{number:02}", "200", 9000 - number, 9000 - number) for number in range(60)]
    rows += [("GET", "/last", "200", 1000, 900), ("GET", "/last", "500", 0, 300)]

    def answer(path, query):
        if not path.startswith("/api") or "mcp_http_requests_total" not in query["query"][0]:
            return (200, EMPTY) if path.startswith("/api") else (404, "")
        is_range = path.endswith("range")
        moments = [float(query["end" if is_range else "time"][0])]
        if is_range:
            moments = range(int(float(query["start"][0])), int(moments[0]) + 1, int(float(query["step"][0])))
        found = []
        for method, route, status, before, now in rows:
            values = [
                [moment, str(number / len(moments))]
                for moment in moments
                if (number := now if moment > time.time() - 3600 else before)
            ]
            labels = {"method": method, "route": route, "status": status}
            found += [{"metric": labels, "value": values[0], "values": values}] if values else []
        return 200, json.dumps({"status": "success", "data": {"result": found}})

    with Answers(answer) as server:
        yield server.url


@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_what_is_worse_is_not_overlooked(worse, capsys, format_) -> None:
    """What fails more and what does not come any more is told above the tables, which may be cut off."""
    if format_ == "html":
        need_module("plotly")
    assert 0 == main(["report", worse, "--compare-to", "previous", "--format", format_])
    text = capsys.readouterr().out
    text = text[text.rindex("What got slower") :]
    places = [
        text.index(one)
        for one in (
            "What fails more",
            "GET /last: 25.0 %, before 0.0 %",
            "What came before and not now",
            "POST /checkout: 6,000 before",
            "HTTP",
        )
    ]
    assert sorted(places) == places
    assert "GET /00:" not in text


def test_json(url, capsys) -> None:
    """As JSON it keeps to its schema, and says of everything what became of it."""
    assert 0 == main(["report", url, *COMPARED, "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [] == [error.message for error in validator.iter_errors(found)]
    verdicts = {one["table"]: one["change"]["verdict"] for one in found["database"]["things"]}
    assert {"users": "alike", "orders": "slower", NASTY.replace("\x1b", "�"): "alike"} == {
        name.replace("\x1b", "�"): one for name, one in verdicts.items()
    }
    assert [{"workflow": "order", "step": "pay"}] == found["workflows"]["gone"]
    assert (900, 3.0) == (found["database"]["events"], found["database"]["rate"])
    assert 30 == len(found["database"]["slices"])


def test_html(url, tmp_path) -> None:
    """As HTML it is one file that asks nobody for anything, and takes no label for markup."""
    need_module("plotly")
    assert 0 == main(["report", url, *COMPARED, "--out", str(tmp_path / "report.html")])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    own = text.replace(text[text.index("<script>") : text.index("</script></head>")], "")
    assert "default-src 'none'" in own
    assert "src=" not in own.replace("default-src=", "")
    assert "alert(1)</script>" not in own
    assert "&lt;script&gt;alert(1)" in own


def test_range_that_is_not_all_known(url, capsys) -> None:
    """Rates are of the seconds that are known, and the report says how many these are."""
    assert 0 == main(["report", url, "--since", "1h", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert (3600, 600.0) == (found["range"]["seconds"], pytest.approx(found["range"]["known_seconds"]))
    assert 3.0 == pytest.approx(found["database"]["rate"])
    assert 0 == main(["report", url, "--since", "1h"])
    assert "(of which 600 s are known)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("condition", "status"),
    [("p95>15ms", 1), ("p95>1s", 0), ("slower>0", 1), ("slower>1", 0), ("database.error_rate>0", 0)],
)
def test_condition(url, capsys, condition, status) -> None:
    """A condition that is met is told, and is the exit status 1."""
    assert status == main(["report", url, *COMPARED, "--fail-if", condition])
    assert status == ("**Failed**" in capsys.readouterr().out)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--since", "soon"], "--since must be a duration"),
        (["--compare-to", "soon"], "--compare-to must be 'previous'"),
        (["--compare-to", "previous", "--since", "4h"], "the service has no history of"),
        (["--fail-if", "p95"], "--fail-if must be one of"),
        (["--fail-if", "slower>0"], "--fail-if 'slower>0' needs --compare-to"),
        (["--out", "/nowhere/at/all.md"], "--out '/nowhere/at/all.md' cannot be written"),
        (["--slice", "400"], "--slice must be at most the range"),
        (["--slice", "1", "--since", "1d"], "--slice must be at most the range"),
    ],
)
def test_no_report(url, capsys, options, sentence) -> None:
    """What stands in the way of a report is told in a sentence, and is the exit status 2."""
    since = [] if "--since" in options else ["--since", "5m"]
    assert 2 == main(["report", url, *since, *options])
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--change", "-3"], ["--least", "0"], ["--slice", "x"], ["--format", "pdf"]]
)
def test_wrong_option(option, capsys) -> None:
    """A wrong option is the exit status 2."""
    with pytest.raises(SystemExit) as ended:
        main(["report", "http://127.0.0.1:1", *option])
    assert 2 == ended.value.code
    assert option[0] in capsys.readouterr().err


def test_without_plotly(url, capsys, monkeypatch) -> None:
    """Without plotly a report as HTML says what is to be installed; any other needs nothing."""
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "plotly" else True)
    assert 2 == main(["report", url, "--since", "5m", "--format", "html"])
    assert "pip install 'mcp_perf[report]'" in capsys.readouterr().err
    assert 0 == main(["report", url, "--since", "5m"])


def test_nothing_came(capsys) -> None:
    """Where nothing has come there is no report, lest a wrong selector be taken for a good deployment."""
    empty = json.dumps({"status": "success", "data": {"result": []}})
    with Answers(lambda path, _: (200, empty) if path.startswith("/api") else (404, "")) as server:
        assert 2 == main(["report", server.url, "--format", "json", "--fail-if", "p95>0", *COMPARED])
    assert "has nothing that came from" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_terminal(url, monkeypatch, encoding) -> None:
    """Standard output gets the very bytes that a file would, whatever letters a terminal has."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    assert 0 == main(["report", url, "--since", "5m"])
    assert "größe λ | 60 | 0.20 | 0.0 % | 100 µs" in written.getvalue().decode("utf-8")
    monkeypatch.undo()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
def test_full_device(url, monkeypatch) -> None:
    """An output that cannot be written is the exit status 2, not that of a condition."""
    assert 0 == main(["report", url, "--since", "5m"])
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert 2 == main(["report", url, "--since", "5m"])
        monkeypatch.undo()
