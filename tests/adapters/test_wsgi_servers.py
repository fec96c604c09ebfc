"""The WSGI middleware under the own code of real servers."""

import io
import threading

import pytest
from gunicorn.http.wsgi import Response
from support.readings import exceptions, in_progress, requests, total
from support.wsgi_driver import Call, environment
from support.wsgi_servers import gunicorn, wsgiref
from werkzeug.test import Client

from mcp_perf import configure
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware

SERVERS = pytest.mark.parametrize("serve", [wsgiref, gunicorn])
THREADS, EACH = 8, 2_000


def answering(body, *headers):
    def app(environ, start_response):
        start_response("200 OK", list(headers))
        return body(environ) if callable(body) else body

    return app


@SERVERS
@pytest.mark.parametrize("body", [[b"hello"], (b"hello",)])
def test_the_answer_is_the_one_without_us(monitor, serve, body):
    """Status, header fields and body are those of the application alone."""
    app = answering(body, ("Content-Type", "text/plain"))

    expected, answer = serve(app), serve(PerformanceMonitoringMiddleware(app, monitor))

    def seen(answer):
        headers = [field for field in answer.headers.items() if field[0] != "Date"]
        return answer.status, headers, answer.read()

    assert seen(expected) == seen(answer)
    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)


@pytest.mark.parametrize("body", [[b"hello"], (b"hello",), [b"x" * 100_000]])
def test_wsgiref_tells_the_length_of_one_part(monitor, body):
    """A server that sets Content-Length for a body of one part goes on doing so."""
    answer = wsgiref(PerformanceMonitoringMiddleware(answering(body), monitor))

    assert answer.headers["Content-Length"] == str(len(body[0]))


@SERVERS
def test_a_stream_is_one_request(monitor, serve):
    """Generators are counted when they are through."""
    answer = serve(PerformanceMonitoringMiddleware(answering(lambda _: iter([b"a", b"b", b"c"])), monitor))

    assert (200, b"abc") == (answer.status, answer.read())
    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)
    assert in_progress(monitor) == 0


@SERVERS
def test_head_is_one_request(monitor, serve):
    """HEAD is counted under its own name, with its own status."""
    serve(PerformanceMonitoringMiddleware(answering([b"hello"]), monitor), "HEAD")

    assert {("HEAD", "<unmatched>", "200"): 1} == requests(monitor)
    assert in_progress(monitor) == 0


@SERVERS
def test_the_server_answers_500_and_so_we_count(monitor, serve):
    """An exception before anything was sent is the server's 500, whatever the application had told."""

    def app(environ, start_response):
        start_response("200 OK", [])
        raise ValueError("no")

    answer = serve(PerformanceMonitoringMiddleware(app, monitor))

    assert answer.status == 500
    assert {("GET", "<unmatched>", "500"): 1} == requests(monitor)
    assert {("GET", "<unmatched>", "ValueError"): 1} == exceptions(monitor)


def test_gunicorn_sends_a_file_by_itself(monitor, tmp_path, monkeypatch):
    """A file that an application hands over in gunicorn's wrapper is sent by the kernel, and counted once."""
    sent = []
    sendfile = Response.sendfile
    monkeypatch.setattr(
        Response, "sendfile", lambda self, file: sent.append(sendfile(self, file)) or sent[-1]
    )
    (tmp_path / "file").write_bytes(b"x" * 300_000)

    def body(environ):
        return environ["wsgi.file_wrapper"](open(tmp_path / "file", "rb"))

    app = answering(body, ("Content-Length", "300000"))
    answer = gunicorn(PerformanceMonitoringMiddleware(app, monitor))

    assert len(answer.read()) == 300_000
    assert [True] == sent
    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)
    assert in_progress(monitor) == 0


def test_a_client_of_gunicorn_goes_away(monitor):
    """Where the server's socket breaks in the middle of a body, the request is a 499."""

    def body(environ):
        while True:
            yield b"x" * 100_000

    gunicorn(PerformanceMonitoringMiddleware(answering(body), monitor), read=10)

    assert {("GET", "<unmatched>", "499"): 1} == requests(monitor)
    assert in_progress(monitor) == 0
    assert exceptions(monitor) == {}


@pytest.mark.parametrize(
    "body",
    [[b"one"], [b"one", b"two"], lambda _: iter([b"one"])],
    ids=["list", "longer list", "generator"],
)
def test_a_lazy_test_client_has_its_request_counted(monitor, body):
    """Werkzeug's client reads a body when the test asks for it; what was read to the end is counted."""
    client = Client(PerformanceMonitoringMiddleware(answering(body), monitor))

    answer = client.get("/")
    answer.get_data()

    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)
    assert in_progress(monitor) == 0


def test_a_lazy_test_client_has_a_whole_answer_counted_when_the_call_returns(monitor):
    """A small body of a known length is counted as soon as the client's call returns, read or not."""
    app = answering(lambda _: iter([b"hello"]), ("Content-Length", "5"))

    answer = Client(PerformanceMonitoringMiddleware(app, monitor)).get("/")

    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)
    answer.close()


def test_many_threads_lose_no_request(monitor):
    """8 threads with 2,000 requests each are 16,000 requests, and none is left in progress."""
    app = PerformanceMonitoringMiddleware(answering(lambda _: iter([b"one", b"two"])), monitor)
    failed = []

    def hammer():
        try:
            for _ in range(EACH):
                assert Call(app).finish().body == b"onetwo"
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=hammer) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert {("GET", "<unmatched>", "200"): THREADS * EACH} == requests(monitor)
    assert in_progress(monitor) == 0


def test_a_server_without_a_monitor_of_its_own_uses_the_default_one():
    """Without a monitor the middleware measures with the default one."""
    monitor = configure(registry=None)

    wsgiref(PerformanceMonitoringMiddleware(answering([b"hello"])))

    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)


def test_the_body_of_a_request_can_be_read_as_ever(monitor):
    """`read`, `readline`, `readlines` and iteration work on a counted body, and what they read is counted."""
    text = b"one\ntwo\nthree\nfour\n"
    seen = []

    def app(environ, start_response):
        body = environ["wsgi.input"]
        seen.append((body.read(4), body.readline(), next(iter(body)), body.readlines(), body.read()))
        start_response("200 OK", [])
        return []

    environ = environment("POST", body=text, **{"wsgi.input": io.BytesIO(text)})
    Call(PerformanceMonitoringMiddleware(app, monitor, request_size=True), environ).finish()

    assert [(b"one\n", b"two\n", b"three\n", [b"four\n"], b"")] == seen
    assert total(monitor, "mcp_http_request_size_bytes_sum") == len(text)
