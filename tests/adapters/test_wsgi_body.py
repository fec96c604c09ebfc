"""The body of a WSGI answer: what it is to the server."""

import pytest
from support.readings import exceptions, requests, total
from support.wsgi_bodies import BIG, ClosableList, Sized, answering, length, status_of
from support.wsgi_driver import Call, environment

from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware


@pytest.fixture
def call(monitor):
    """``call(app)``: a call of the measured application, not begun yet."""
    return lambda app, **environ: Call(PerformanceMonitoringMiddleware(app, monitor), environment(**environ))


@pytest.mark.parametrize("body", [[b"one"], (b"one",), [], (), [b"one", b"two"], (b"one", BIG), [BIG]])
def test_a_list_is_a_list_to_the_server(call, body):
    """A list or tuple reaches the server as one of the same length, so that it can tell Content-Length."""
    result = call(answering(body)).begin().result

    assert isinstance(result, (list, tuple))
    assert len(body) == len(result)
    assert list(body) == list(result)


def test_an_iterable_that_knows_its_length_still_does(call):
    """`len()` of a sized body works as without us, and it is closed once."""
    body = Sized(b"one")
    visit = call(answering(body)).begin()

    assert len(visit.result) == 1
    visit.take(2).close()
    assert body.closed == 1


def test_a_generator_does_not_pretend_to_have_a_length(call):
    """A body without `len()` gets none from us."""
    assert not hasattr(call(answering(iter([b"one"]))).begin().result, "__len__")


def test_a_list_with_a_close_of_its_own_is_closed(call):
    """A subclass of list that wants to be closed is closed, once."""
    body = ClosableList([b"one"])

    call(answering(body)).finish()

    assert body.closed == 1


def test_an_answer_to_head_is_counted_under_its_status(call, monitor):
    """An answer to HEAD has no body and its own status."""
    call(answering([], length(10)), method="HEAD").finish()

    assert {("HEAD", "<unmatched>", "200"): 1} == requests(monitor)


def test_a_start_within_the_generator_is_seen(call, monitor):
    """An application may tell its status when its body is asked for, and not before."""

    def app(environ, start_response):
        start_response("202 Accepted", [length(3)])
        yield b"one"

    visit = call(app).finish()

    assert (202, b"one") == (visit.status, visit.body)
    assert status_of(monitor) == 202


def test_what_is_written_counts(monitor):
    """Bytes given to `write()` are bytes sent, before those of the body."""

    def app(environ, start_response):
        write = start_response("200 OK", [])
        write(b"written ")
        return [b"returned"]

    measured = PerformanceMonitoringMiddleware(app, monitor, response_size=True, time_to_first_byte=True)
    visit = Call(measured).finish()

    assert visit.body == b"written returned"
    assert total(monitor, "mcp_http_response_size_bytes_sum") == len(b"written returned")
    assert total(monitor, "mcp_http_time_to_first_byte_seconds_count") == 1
    assert exceptions(monitor) == {}
