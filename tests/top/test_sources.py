"""`mcp-perf top`: what it makes of a service, of a Prometheus, and of what is neither."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.answers import Answers

from mcp_perf import PerformanceMonitor, monitor_db_operation, monitor_workflow_step
from mcp_perf.access import basic, bearer
from mcp_perf.cli import main
from mcp_perf.promql import Expressions
from mcp_perf.remote import Client, NoAnswerError, Prometheus
from mcp_perf.remote.client import checked
from mcp_perf.top.sources import source_of
from mcp_perf.top.view import Row, View, ordered

ROWS = [
    Row("http", "GET /slow", 1.0, 0.0, 2.0, 3.0, 4.0),
    Row("http", "GET /busy", 9.0, 0.5, 0.1, 0.2, None),
    Row("db", "select users", 5.0, None, None, None, None),
]


@pytest.fixture
def served(clock):
    """Makes a port with the metrics app of a monitor that has measured something."""
    servers = []

    def make(**settings):
        monitor = PerformanceMonitor(registry=None, clock=clock.clock, **settings)
        for failed in (False, True):
            try:
                with monitor_db_operation("select", "users", monitor=monitor):
                    clock.advance(0.1)
                    if failed:
                        raise ValueError
            except ValueError:
                pass
        with monitor_workflow_step("order", "pay", monitor=monitor):
            clock.advance(0.2)
        clock.advance(3.6)
        if monitor.settings.history:
            monitor._sampler.sample()
        servers.append(monitor.serve(port=0))
        return f"http://127.0.0.1:{servers[-1].port}"

    yield make
    for server in servers:
        server.close()


@pytest.mark.parametrize("path", ["", "/metrics", "/metrics/"])
def test_service(served, path) -> None:
    """The URL may be that of the service, or of its metrics app."""
    view = source_of(Client(served() + path), Expressions()).view(60)
    rows = {row.kind: row for row in view.rows}
    assert (4.0, 1) == (pytest.approx(view.seconds), view.workers)
    assert ("select users", 0.5, 0.5) == (
        rows["db"].name,
        pytest.approx(rows["db"].per_second),
        rows["db"].errors,
    )
    assert ("order: pay", 0.0) == (rows["step"].name, rows["step"].errors)
    assert 0.2 == pytest.approx(rows["step"].p95, rel=0.05)


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (bearer("secret"), {"token": "secret"}, {}),
        (basic({"ann": "pw"}), {"user": "ann:pw"}, {"user": "ann:no"}),
    ],
)
def test_access(served, rule, right, wrong) -> None:
    """Who has a token, or a user, is let in; who has not is told what the service answers."""
    url = served(access=rule)
    assert 1 == source_of(Client(url, **right), Expressions()).view(60).workers
    with pytest.raises(NoAnswerError, match="answers 401"):
        source_of(Client(url, **wrong), Expressions())


def test_service_without_history(served) -> None:
    """A service that keeps no history is asked in vain, and says which setting that is."""
    with pytest.raises(NoAnswerError, match="the setting history is 'off'"):
        source_of(Client(served(history="off")), Expressions())


def vector(*pairs):
    result = [{"metric": labels, "value": [0, str(value)]} for labels, value in pairs]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def prometheus(path, query):
    """What a Prometheus of the service `shop` answers."""
    if path != "/api/v1/query":
        return 404, "not found"
    expression = query["query"][0]
    users = {"method": "GET", "route": "/users"}
    if expression == "1":
        return 200, json.dumps({"data": {"resultType": "scalar", "result": [0, "1"]}})
    if 'job="shop"' not in expression or "own_" not in expression:
        return 200, vector()
    if "in_progress" in expression:
        return 200, vector(({}, 3))
    if "http_request" not in expression:
        return 200, vector()
    if "histogram_quantile(0.99" in expression:
        return 200, vector((users, "NaN"))
    if "histogram_quantile" in expression:
        return 200, vector((users, 0.25))
    return 200, vector((users, 2 if 'status=~"5.."' in expression else 8))


def test_prometheus() -> None:
    """Of a Prometheus it asks rates and quantiles of what is selected."""
    with Answers(prometheus) as server:
        view = source_of(Client(server.url), Expressions("own", ('job="shop"',))).view(60)
    assert [Row("http", "GET /users", 8.0, 0.25, 0.25, 0.25, None)] == list(view.rows)
    assert (3.0, None, 8.0) == (view.in_progress, view.workers, view.per_second)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda path, query: (404, "nothing"), "has neither a summary of mcp_perf nor Prometheus's API"),
        (lambda path, query: (200, "<html>"), "has neither a summary of mcp_perf nor Prometheus's API"),
        (lambda path, query: (500, "oh\nno"), r"/summary answers 500 \(oh\)"),
    ],
)
def test_something_else(answer, words) -> None:
    """What is neither is told in a sentence."""
    with Answers(answer) as server, pytest.raises(NoAnswerError, match=words):
        source_of(Client(server.url), Expressions())


def test_prometheus_that_answers_something_else() -> None:
    """An answer that is no Prometheus's is told, not raised through."""
    odd = '{"data": {"result": [{"no": 1}]}}'
    with Answers(lambda path, query: (200, odd)) as server:
        asked = Prometheus(Client(server.url))
        with pytest.raises(NoAnswerError, match="does not answer as Prometheus does"):
            asked.at("up")


@pytest.mark.parametrize("url", ["ftp://host", "", "http://", "//"])
def test_wrong_url(url) -> None:
    """What is no URL of HTTP is an error that says so."""
    with pytest.raises(ValueError, match="URL must be one of http or https"):
        checked(url)


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("rate", "GET /busy"),
        ("errors", "GET /busy"),
        ("p99", "GET /slow"),
        ("p50", "GET /slow"),
        ("busy", "GET /slow"),
    ],
)
def test_order(by, first) -> None:
    """What comes first is what is greatest by what was chosen."""
    assert first == ordered(ROWS, by, 1)[0].name


def test_once(served, capsys) -> None:
    """Once it prints the table, with all there is."""
    assert 0 == main(["top", served(), "--once", "--sort", "errors"])
    lines = capsys.readouterr().out
    assert "select users" in lines
    assert "order: pay" in lines
    assert "50.0 %" in lines


def test_nobody_answers(capsys) -> None:
    """Where nobody listens it says so, and fails."""
    assert 1 == main(["top", "127.0.0.1:9", "--once"])
    assert capsys.readouterr().err.startswith("mcp-perf top: error: http://127.0.0.1:9 does not answer (")


def test_without_rich(capsys, monkeypatch) -> None:
    """Without rich it says how to get it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert 1 == main(["top", "127.0.0.1:9"])
    assert (
        "mcp-perf top: error: mcp-perf top needs rich: pip install 'mcp_perf[top]'\n"
        == capsys.readouterr().err
    )


@pytest.mark.parametrize("option", ["--window=0", "--interval=x", "--sort=name", "--interval=99999999999"])
def test_wrong_option(option, capsys) -> None:
    """A wrong option is refused with what is allowed."""
    with pytest.raises(SystemExit):
        main(["top", "127.0.0.1:9", option])
    assert "mcp-perf top: error: argument" in capsys.readouterr().err


def test_more_routes_than_are_shown() -> None:
    """The headline is of all requests, however few rows there are."""
    whole = {"requests": 600, "in_progress": 0, "routes": []}
    summary = {
        "service": "shop",
        "window": {"seconds": 60.0},
        "workers": 1,
        "http": whole,
        "database": {"operations": []},
        "workflows": {"steps": []},
    }
    with Answers(lambda *_: (200, json.dumps(summary))) as server:
        assert 10.0 == source_of(Client(server.url), Expressions()).view(60).per_second


@pytest.mark.parametrize("later", ["[]", "{}", '{"window": null}', '{"window": {}, "http": 5, "workers": 1}'])
def test_service_that_becomes_another(later) -> None:
    """What answers like a metrics app at first, and later with something else, is told."""
    answers = iter(['{"window": {}, "http": {}, "workers": 1}'])
    with Answers(lambda *_: (200, next(answers, later))) as server:
        source = source_of(Client(server.url), Expressions())
        with pytest.raises(NoAnswerError, match="is no summary of mcp_perf"):
            source.view(60)


@pytest.mark.parametrize("is_slow", [True, False])
def test_answer_without_an_end(is_slow, monkeypatch) -> None:
    """An answer that does not end is given up, be it too long or too slow."""
    monkeypatch.setattr("mcp_perf.remote.client._MOST", 1 << 20)
    over = threading.Event()

    class Endless(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not over.wait(0.02 if is_slow else 0):
                    self.wfile.write(b" " * (1 if is_slow else 65536))

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        client = Client(f"127.0.0.1:{server.server_port}", patience=0.3 if is_slow else 30)
        try:
            with pytest.raises(NoAnswerError, match="does not come to an end"):
                client.json("/")
        finally:
            over.set()
            server.shutdown()


def test_narrow_terminal(capsys) -> None:
    """However narrow a terminal is, the routes can be read."""
    from rich.console import Console

    from mcp_perf.top.screen import table_of

    view = View("shop", 60, 10.0, 0, 1, ROWS)
    for width in (30, 50, 74, 75, 200):
        Console(width=width).print(table_of(view, "rate", 9, width))
        found = capsys.readouterr().out
        assert "GET /slow" in found
        assert "3.00 s" in found


def test_redirect_elsewhere() -> None:
    """A redirect is followed, but what access takes is for the host that was named only."""
    seen = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers.get("Authorization"))
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, args=(0.01,), daemon=True).start()

        class Here(Elsewhere):
            def do_GET(self):
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.1:{other.server_port}/there")
                self.end_headers()

        with ThreadingHTTPServer(("127.0.0.1", 0), Here) as here:
            threading.Thread(target=here.serve_forever, args=(0.01,), daemon=True).start()
            with pytest.raises(NoAnswerError, match="has neither"):
                source_of(Client(f"127.0.0.1:{here.server_port}", token="secret"), Expressions())
            here.shutdown()
        other.shutdown()
    assert {None} == set(seen)


@pytest.mark.parametrize("user", ["http://ann:secret@host", "ann:secret@host:80"])
def test_user_in_the_url(user, capsys) -> None:
    """A password in the URL is refused without being told."""
    assert 1 == main(["top", user, "--once"])
    error = capsys.readouterr().err
    assert "give them by --user" in error
    assert "secret" not in error


def test_summary_of_something_else() -> None:
    """A service with a summary of its own has none of ours."""

    def answer(path, query):
        return (200, '{"mine": 1}') if path == "/summary" else (404, "")

    with Answers(answer) as server, pytest.raises(NoAnswerError, match="has neither"):
        source_of(Client(server.url), Expressions())


def test_nothing_that_a_terminal_obeys(capsys) -> None:
    """Names are anybody's: what a terminal would obey is not printed."""
    from rich.console import Console

    from mcp_perf.top.screen import table_of

    odd = Row("http", "GET /\x1b]0;title\x07", 1.0, 0.0, 1.0, 1.0, 1.0)
    Console(width=100).print(table_of(View("a\x1b[2J", 60, 1.0, 0, 1, [odd]), "rate", 5, 100))
    found = capsys.readouterr().out
    assert "\x1b" not in found
    assert "GET /?]0;title?" in found


def test_without_a_terminal(served, capsys, monkeypatch) -> None:
    """Where there is no terminal each table is printed after the other."""
    asked = []

    def sleep(seconds):
        asked.append(seconds)
        if len(asked) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("mcp_perf.top.command._live.__defaults__", (sleep,))
    assert 130 == main(["top", served(), "--interval", "7"])
    assert [7, 7] == asked
    assert 2 == capsys.readouterr().out.count("select users")


def test_refusal_that_a_terminal_would_obey(capsys, monkeypatch) -> None:
    """What a service says of its refusal is anybody's, too."""
    asked = []

    def sleep(seconds):
        asked.append(seconds)
        if len(asked) == 2:
            raise KeyboardInterrupt

    answers = iter([(200, '{"window": {}, "http": {}, "workers": 1}')])
    monkeypatch.setattr("mcp_perf.top.command._live.__defaults__", (sleep,))
    with Answers(lambda *_: next(answers, (500, "oh \x1b[2J\x1b]0;title\x07 no"))) as server:
        assert 130 == main(["top", server.url])
    found = capsys.readouterr().out
    assert "answers 500 (oh ?[2J" in found
    assert "\x1b" not in found
