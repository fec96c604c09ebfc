"""When a request to a WSGI application has ended, and as what it is counted."""

import gc
from collections import deque

import pytest
from support.readings import in_progress, requests
from support.wsgi_bodies import BIG, Sized, answering, length, status_of
from support.wsgi_driver import Call, environment

from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware


@pytest.fixture
def call(monitor):
    """``call(app)``: a call of the measured application, not begun yet."""
    return lambda app, **environ: Call(PerformanceMonitoringMiddleware(app, monitor), environment(**environ))


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


@pytest.mark.parametrize("make", [lambda: [b"one", b"two"], lambda: iter([b"one", b"two"])])
def test_an_answer_to_head_that_is_left_keeps_its_status(call, monitor, make):
    """The answer to HEAD is complete with its header fields, whatever the server does with the body."""
    call(answering(make), method="HEAD").finish(leave_after=1)

    assert {("HEAD", "<unmatched>", "200"): 1} == requests(monitor)


@pytest.mark.parametrize("body", [lambda: [b"one"], lambda: [b"one", b"two"], lambda: iter([b"one", b"two"])])
def test_a_request_leaves_no_cycle(call, body):
    """A request is forgotten when it has ended, without the collector of cycles."""
    call(answering(body)).finish()
    gc.collect()
    gc.disable()
    try:
        call(answering(body)).finish()
        assert gc.collect() == 0
    finally:
        gc.enable()
