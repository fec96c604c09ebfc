"""The body of a request as a WSGI application reads it, and a client that breaks it off."""

import io

import pytest
from django.http import HttpResponse
from django.urls import path
from flask import Flask, request
from support import django_project
from support.django_project import configured
from support.readings import exceptions, in_progress, requests, total
from support.wsgi_driver import Call, environment

from mcp_perf.adapters.flask import PerformanceMonitoring
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware

TEXT = b"one\ntwo\nthree\nfour\n"

READERS = {
    "all": lambda body, length: body.read(),
    "declared": lambda body, length: body.read(length),
    "blocks": lambda body, length: b"".join(iter(lambda: body.read(7), b"")),
    "lines": lambda body, length: b"".join(iter(body.readline, b"")),
    "readlines": lambda body, length: b"".join(body.readlines()),
    "iteration": lambda body, length: b"".join(body),
}


def reading(read):
    """An application that answers with what `read` finds in the body."""

    def app(environ, start_response):
        found = read(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))
        start_response("200 OK", [])
        return [found]

    return app


@pytest.fixture
def post(monitor):
    """``post(app)``: what the measured application answers to TEXT, `declared` to be of a length."""

    def run(app, declared=None, **settings):
        measured = PerformanceMonitoringMiddleware(app, monitor, **settings)
        length = str(declared or len(TEXT))
        call = Call(measured, environment("POST", body=TEXT, CONTENT_LENGTH=length)).finish()
        assert in_progress(monitor) == 0
        return call

    return run


def status_of(monitor):
    ((_, _, status),) = requests(monitor)
    return int(status)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("settings", [{}, {"request_size": True}], ids=["plain", "counting"])
def test_a_body_can_be_read_as_ever(post, monitor, name, settings):
    """However an application reads the body, it gets all of it, and what it reads is counted."""
    assert post(reading(READERS[name]), **settings).body == TEXT
    assert status_of(monitor) == 200
    assert total(monitor, "mcp_http_request_size_bytes_sum") == (len(TEXT) if settings else 0)


@pytest.mark.parametrize("name", READERS)
def test_a_body_of_no_declared_length(post, monitor, name):
    """A body whose length nobody has declared (chunked) cannot be too short."""
    app = reading(lambda body, length: READERS[name](body, len(TEXT)))

    measured = PerformanceMonitoringMiddleware(app, monitor, request_size=True)
    environ = environment("POST", HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input": io.BytesIO(TEXT)})

    assert Call(measured, environ).finish().body == TEXT
    assert status_of(monitor) == 200
    assert total(monitor, "mcp_http_request_size_bytes_sum") == len(TEXT)


@pytest.mark.parametrize("name", READERS)
def test_a_client_that_goes_away_in_the_middle_of_its_request(post, monitor, name):
    """A body that ends before its declared length had a client that has gone: 499."""
    post(reading(READERS[name]), declared=1000)

    assert status_of(monitor) == 499


@pytest.mark.parametrize(
    "read",
    [
        lambda body, length: b"",
        lambda body, length: body.read(4),
        lambda body, length: body.read(0),
        lambda body, length: body.readline(),
        lambda body, length: next(iter(body)),
    ],
    ids=["nothing", "some", "no bytes", "a line", "the first"],
)
def test_an_application_that_does_not_want_the_whole_body(post, monitor, read):
    """An application need not read a body to its end."""
    post(reading(read))

    assert status_of(monitor) == 200


def test_a_body_read_through_a_buffer(post, monitor):
    """A body may be read through the standard library's buffers and texts."""

    def read(body, length):
        text = io.TextIOWrapper(io.BufferedReader(body), "ascii")
        found = text.read().encode() + body.read()
        text.detach().detach()
        return found

    assert post(reading(read), request_size=True).body == TEXT
    assert status_of(monitor) == 200
    assert total(monitor, "mcp_http_request_size_bytes_sum") == len(TEXT)


def test_a_server_that_says_so(monitor):
    """A server that raises an OSError while the body is read has lost its client: 499."""

    class Broken(io.BytesIO):
        def read(self, *size):
            raise ConnectionResetError

    app = PerformanceMonitoringMiddleware(reading(READERS["all"]), monitor)
    environ = environment("POST", CONTENT_LENGTH="10", **{"wsgi.input": Broken()})
    with pytest.raises(ConnectionResetError):
        Call(app, environ).finish()

    assert status_of(monitor) == 499
    assert exceptions(monitor) == {}


@pytest.mark.parametrize("declared", [len(TEXT), 1000])
def test_flask_reads_it(monitor, declared):
    """A Flask view that reads a body which breaks off is a 499; one that reads a whole one is its own."""
    app = Flask(__name__)
    app.post("/")(lambda: request.get_data())
    PerformanceMonitoring(app, monitor, request_size=True)

    Call(app, environment("POST", body=TEXT, CONTENT_LENGTH=str(declared))).finish()

    assert status_of(monitor) == (499 if declared > len(TEXT) else 200)
    assert exceptions(monitor) == {}
    assert total(monitor, "mcp_http_request_size_bytes_sum") == len(TEXT)


@pytest.mark.parametrize("declared", [len(TEXT), 1000])
def test_django_reads_it(monitor, declared):
    """So it is with a Django view."""
    with configured(monitor, request_size=True):
        app = django_project.wsgi([path("", lambda request: HttpResponse(request.body))])

    Call(app, environment("POST", body=TEXT, CONTENT_LENGTH=str(declared))).finish()

    assert status_of(monitor) == (499 if declared > len(TEXT) else 200)
    assert exceptions(monitor) == {}
    assert total(monitor, "mcp_http_request_size_bytes_sum") == len(TEXT)


class _Whole(io.BytesIO):
    """A server's stream that has every method of a file."""


@pytest.mark.parametrize(
    "read",
    [
        lambda body, length: next(body) + next(body) + body.read(),
        lambda body, length: body.read1(5) + body.read1(length),
        lambda body, length: io.TextIOWrapper(body).read().encode(),
        lambda body, length: io.BufferedReader(body, 4).read(length),
        lambda body, length: body.__enter__().read(length),
    ],
    ids=["next", "read1", "TextIOWrapper", "BufferedReader", "with"],
)
def test_a_stream_with_all_methods_of_a_file_keeps_them(monitor, read):
    """What reads the server's own stream reads the one that is listened to, and what it reads counts."""
    measured = PerformanceMonitoringMiddleware(reading(read), monitor, request_size=True)
    environ = environment("POST", body=TEXT)
    environ["wsgi.input"] = _Whole(TEXT)
    answer = []
    result = measured(environ, lambda status, headers, exc_info=None: answer.append(status))

    assert (["200 OK"], TEXT) == (answer, b"".join(result))
    assert len(TEXT) == total(monitor, "mcp_http_request_size_bytes_sum")
