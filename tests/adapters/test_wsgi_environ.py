"""Odd environments, and the WSGI face of the metrics app."""

import pytest
from support.readings import in_progress, lost, requests
from support.wsgi_driver import Call, ask, environment

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware, instrument, metrics_app
from mcp_perf.timing import Clock


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def without(name):
    environ = environment()
    del environ[name]
    return environ


ODD = {
    "no method": without("REQUEST_METHOD"),
    "no path": without("PATH_INFO"),
    "no input": without("wsgi.input"),
    "no query": environment(QUERY_STRING=None),
    "numeric method": environment(REQUEST_METHOD=42),
    "method of bytes": environment(REQUEST_METHOD=b"GET"),
    "unhashable method": environment(REQUEST_METHOD=["GET"]),
    "endless method": environment(REQUEST_METHOD="G" * 100_000),
    "path that is no UTF-8": environment(PATH_INFO="/\xff\xfe"),
    "path that is no latin-1": environment(PATH_INFO="/\u2603"),
    "path with a lone surrogate": environment(PATH_INFO="/\ud800"),
    "path that is none": environment(PATH_INFO=None),
    "path of bytes": environment(PATH_INFO=b"/"),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"exclude": ["/nowhere"], "normalize_path": lambda path: path},
        {"request_size": True, "response_size": True},
    ],
    ids=["plain", "asking for the path", "counting bytes"],
)
def test_an_odd_environment_is_answered_as_without_us(monitor, name, settings):
    """Whatever is in the environ, the application answers it and nothing stays in progress."""
    call = Call(PerformanceMonitoringMiddleware(hello, monitor, **settings), dict(ODD[name])).finish()

    assert (200, b"hello") == (call.status, call.body)
    assert in_progress(monitor) == 0
    assert 1 == sum(requests(monitor).values()) or lost(monitor) >= 1


@pytest.mark.parametrize("name", ODD)
def test_an_odd_environment_does_not_lead_to_the_metrics(monitor, name):
    """The metrics app in front leaves to the application whatever is no path of its own."""
    call = Call(instrument(hello, monitor=monitor), dict(ODD[name])).finish()

    assert (200, b"hello") == (call.status, call.body)


@pytest.mark.parametrize("name", [name for name in ODD if "method" in name])
def test_a_method_that_is_none_is_other(monitor, name):
    """A method that is missing or no text reads `_OTHER`."""
    Call(PerformanceMonitoringMiddleware(hello, monitor), dict(ODD[name])).finish()

    assert {("_OTHER", "<unmatched>", "200"): 1} == requests(monitor)


def test_a_path_beyond_ascii_is_read_as_utf_8(monitor):
    """What WSGI carries as latin-1 is the UTF-8 that the client sent, and what our settings see."""
    seen = []
    app = PerformanceMonitoringMiddleware(
        hello, monitor, normalize_path=lambda path: seen.append(path), exclude=["/caf\xe9/closed"]
    )

    for path in ("/caf%C3%A9", "/caf%C3%A9/closed", "/%FF"):
        ask(app, "GET", path)

    assert ["/caf\xe9", "/\ufffd"] == seen
    assert {("GET", "<unmatched>", "200"): 2} == requests(monitor)


def test_an_environment_that_is_used_again_is_another_request(monitor):
    """A server or test that uses one environ for two requests has two requests counted."""
    app = PerformanceMonitoringMiddleware(hello, monitor, request_size=True)
    environ = environment()

    for _ in range(2):
        Call(app, environ).finish()

    assert {("GET", "<unmatched>", "200"): 2} == requests(monitor)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/", ""])
def test_the_metrics_app_answers_alone_and_mounted(monitor, path):
    """Served alone it answers at /metrics, mounted with its prefix taken away at its root."""
    answer = ask(metrics_app(monitor), "GET", path)

    assert (200, None) == (answer.status, answer.error)
    assert b"mcp_monitor" in answer.body


def test_the_mount_point_may_have_any_letters(monitor):
    """WSGI carries a path as latin-1; the metrics app is found all the same."""
    app = instrument(hello, "/métriques/≈", monitor=monitor)

    assert 200 == ask(app, "GET", "/m%C3%A9triques/%E2%89%88").status
    assert b"uptime_seconds" in ask(app, "GET", "/m%C3%A9triques/%E2%89%88/summary").body


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/metrics", "/metrics/summary", "/metrics/nothing"])
def test_the_metrics_app_keeps_to_the_protocol(monitor, method, path):
    """Its answers pass the standard library's validator."""
    answer = ask(instrument(hello, monitor=monitor), method, path)

    assert answer.error is None
    assert (answer.body == b"") == (method == "HEAD")


def test_two_middlewares_of_two_monitors_count_each(monitor, clock):
    """Two monitors around one application count each request, each in its own way."""
    other = PerformanceMonitor(registry=None, clock=clock.clock)
    app = PerformanceMonitoringMiddleware(PerformanceMonitoringMiddleware(hello, monitor), other)

    ask(app)

    assert requests(monitor) == requests(other) == {("GET", "<unmatched>", "200"): 1}


@pytest.mark.parametrize("path", ["metrics", "", "/", None, 3])
def test_a_wrong_path_fails_at_construction(monitor, path):
    """The metrics cannot be served at a path that is none."""
    with pytest.raises(ValueError, match="path must be a path with a leading '/'"):
        instrument(hello, path, monitor)


def test_a_measuring_that_breaks_changes_no_response(caplog):
    """Where the measuring itself breaks the application answers as ever; that is counted and logged."""
    sound = True

    def now():
        assert sound, "the clock has stopped"
        return 0.0

    monitor = PerformanceMonitor(registry=None, clock=Clock(monotonic=now))
    app = PerformanceMonitoringMiddleware(hello, monitor)
    sound = False
    answers = [ask(app) for _ in range(3)]
    sound = True

    assert [(200, b"hello")] * 3 == [(answer.status, answer.body) for answer in answers]
    assert lost(monitor) == 3
    assert in_progress(monitor) == 0
    assert 1 == len([record for record in caplog.records if record.name == "mcp_perf"])
