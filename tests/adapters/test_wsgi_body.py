"""The body of a WSGI answer: what it is to the server, and when the request has ended."""

import gc
from collections import deque

import pytest
from support.readings import exceptions, in_progress, requests, total
from support.wsgi_driver import Call, environment

from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware

BIG = b"x" * 100_000


def answering(body, *headers, status="200 OK"):
    """An application that answers with this body, made anew by a callable if it is one."""

    def app(environ, start_response):
        start_response(status, list(headers))
        return body() if callable(body) else body

    return app


def length(number):
    return "Content-Length", str(number)


class Sized:
    """An iterable that knows its number of parts, counts how often it is closed, and is no list."""

    def __init__(self, *parts):
        self.parts = parts
        self.closed = 0

    def __len__(self):
        return len(self.parts)

    def __iter__(self):
        return iter(self.parts)

    def close(self):
        self.closed += 1


class ClosableList(list):
    closed = 0

    def close(self):
        self.closed += 1


@pytest.fixture
def call(monitor):
    """``call(app)``: a call of the measured application, not begun yet."""
    return lambda app, **environ: Call(PerformanceMonitoringMiddleware(app, monitor), environment(**environ))


def status_of(monitor):
    """The status of the one request that was counted, None where none was."""
    counted = requests(monitor)
    assert sum(counted.values()) <= 1
    return next((int(status) for _, _, status in counted), None)


@pytest.mark.parametrize("body", [[b"one"], (b"one",), [], (), [b"one", b"two"], (b"one", BIG), [BIG]])
def test_a_list_is_a_list_to_the_server(call, body):
    """A list or tuple reaches the server as one of the same length, so that it can tell Content-Length."""
    result = call(answering(body)).begin().result

    assert isinstance(result, (list, tuple))
    assert len(body) == len(result)
    assert list(body) == list(result)


@pytest.mark.parametrize("body", [[b"one"], (b"one",), [], ()])
def test_a_small_body_that_lies_ready_is_the_end(call, monitor, body):
    """What fits any buffer is as good as sent as soon as the server has it."""
    visit = call(answering(body)).begin()
    assert status_of(monitor) == 200

    visit.take(2).close()

    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)
    assert in_progress(monitor) == 0


@pytest.mark.parametrize("kind", [list, tuple, deque, iter, lambda parts: Sized(*parts)])
def test_the_end_is_with_the_last_chunk(call, monitor, kind):
    """Whatever the kind of body, the request is counted when its last part is read, and not before."""
    visit = call(answering(kind([b"", b"one"]))).begin()
    assert status_of(monitor) is None
    assert in_progress(monitor) == 1

    visit.take(3).close()

    assert b"one" == visit.body
    assert status_of(monitor) == 200
    assert in_progress(monitor) == 0


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


def test_a_body_closed_early_is_a_client_gone(call, monitor):
    """A server that closes a body before its end had no client any more: 499."""
    call(answering(lambda: iter([b"one", b"two"]))).finish(leave_after=1)

    assert status_of(monitor) == 499


@pytest.mark.parametrize("body", [[b"one"], iter([b"one"]), [], Sized(b"one")])
@pytest.mark.parametrize("status", [200, 304])
def test_a_body_that_is_not_asked_for_keeps_its_status(call, monitor, body, status):
    """A server that closes the body without reading it needed none (HEAD, 304): the status stands."""
    call(answering(body, status=f"{status} What")).begin().close()

    assert status_of(monitor) == status
    assert in_progress(monitor) == 0


@pytest.mark.parametrize("make", [lambda: [b"one"], lambda: iter([b"one"]), lambda: Sized(b"one")])
def test_a_body_is_counted_once_however_often_it_is_closed(call, monitor, make):
    """Reading to the end and closing twice counts once."""
    call(answering(make)).begin().take(2).close().close()

    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)
    assert in_progress(monitor) == 0


@pytest.mark.parametrize("body", [[b"one"], [b"one", b"two"], Sized(b"one"), Sized(b"one", b"two")])
def test_a_body_read_twice_is_counted_once(call, monitor, body):
    """A server may look at a body twice; that is one request."""
    visit = call(answering(body)).begin()

    list(visit.result)
    list(visit.result)
    visit.close()

    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)


@pytest.mark.parametrize("body", [[b"one", b"two"], [BIG], Sized(b"one", b"two")])
def test_a_look_at_the_first_part_is_no_end(call, monitor, body):
    """A middleware outside may look at the first part and begin anew."""
    visit = call(answering(body)).begin()
    next(iter(visit.result))
    assert status_of(monitor) is None

    visit.take(3).close()

    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("body", [[b"one", b"two"], iter([b"one", b"two"])])
def test_a_forgotten_body_is_not_in_progress_for_ever(call, monitor, body, begun):
    """A server that drops a body without closing it ends the request."""
    visit = call(answering(body)).begin()
    if begun:
        visit.take(1)

    del visit
    gc.collect()

    assert in_progress(monitor) == 0
    assert status_of(monitor) == (499 if begun else 200)


def test_the_declared_length_is_the_end(call, monitor):
    """A stream that has given as much as Content-Length says is at its end, whoever waits for more."""
    visit = call(answering(lambda: iter([b"one", b"two"]), length(6))).begin()

    visit.take(1)
    assert status_of(monitor) is None
    visit.take(1)
    assert status_of(monitor) == 200

    visit.close()
    assert {("GET", "<unmatched>", "200"): 1} == requests(monitor)


@pytest.mark.parametrize("body", [lambda: [BIG], lambda: iter([BIG]), lambda: Sized(BIG)])
def test_a_big_last_chunk_is_no_end_until_the_server_comes_back(call, monitor, body):
    """A last chunk that no buffer holds counts when the server is through with it: not before, not as 499."""
    visit = call(answering(body, length(len(BIG)))).begin().take(1)
    assert status_of(monitor) is None

    visit.close()

    assert status_of(monitor) == 200


@pytest.mark.parametrize("told", ["six", "", "-1"])
def test_an_odd_content_length_is_the_servers_business(call, monitor, told):
    """A Content-Length that is no number changes nothing."""
    visit = call(answering(lambda: iter([b"one", b"two"]), ("Content-Length", told))).finish()

    assert visit.body == b"onetwo"
    assert status_of(monitor) == 200


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
