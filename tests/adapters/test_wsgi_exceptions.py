"""Exceptions on their way from a WSGI application to the server, and what is counted of them."""

import sys

import pytest
from support.readings import exceptions, in_progress, requests
from support.wsgi_driver import Call

from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware


class GreenletExit(BaseException):
    """What ends a greenlet from outside: an application sees it as a BaseException of its own."""


class Body:
    """A body that raises where it is told to."""

    def __init__(self, *parts, error=None, close=None, iterate=None):
        self.parts = parts
        self.error = error
        self.on_close = close
        self.on_iterate = iterate
        self.closed = 0

    def __iter__(self):
        if self.on_iterate is not None:
            raise self.on_iterate
        return self._run()

    def _run(self):
        yield from self.parts
        if self.error is not None:
            raise self.error

    def close(self):
        self.closed += 1
        if self.on_close is not None:
            raise self.on_close


def told(body=None, error=None):
    """An application that tells 200 and gives a body or raises."""

    def app(environ, start_response):
        start_response("200 OK", [])
        if error is not None:
            raise error
        return body

    return app


@pytest.fixture
def fails(monitor):
    """``fails(app)``: run the measured application, and give the call and the exception that came out."""

    def run(app, leave_after=None):
        call = Call(PerformanceMonitoringMiddleware(app, monitor))
        with pytest.raises(BaseException) as caught:  # noqa: PT011 - any, it is looked at
            call.finish(leave_after)
        assert in_progress(monitor) == 0
        return call, caught.value

    return run


def counted(monitor):
    """The statuses and the exceptions counted, without the labels that are always the same here."""
    statuses = {status: number for (_, _, status), number in requests(monitor).items()}
    return statuses, {name: number for (_, _, name), number in exceptions(monitor).items()}


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_an_exception_is_the_servers_and_counted(fails, monitor, error):
    """What the application raises reaches the server as the same object, and counts as a 500."""

    def app(environ, start_response):
        raise error

    assert fails(app)[1] is error
    assert ({"500": 1}, {type(error).__name__: 1}) == counted(monitor)


@pytest.mark.parametrize("error", [GeneratorExit(), GreenletExit()])
def test_what_ends_the_application_from_outside_is_a_client_gone(fails, monitor, error):
    """A request that is killed is a 499 and no exception of the application."""

    def app(environ, start_response):
        raise error

    assert fails(app)[1] is error
    assert ({"499": 1}, {}) == counted(monitor)


def test_an_exception_after_start_response_is_a_500(fails, monitor):
    """A status that was told but not sent is none: the server answers 500."""
    call, _ = fails(told(error=ValueError("no")))

    assert call.status is None
    assert ({"500": 1}, {"ValueError": 1}) == counted(monitor)


def test_an_exception_before_the_first_chunk_is_a_500(fails, monitor):
    """So it is where the body fails before it has begun."""
    error = ValueError("no")
    call, raised = fails(told(Body(error=error)))

    assert error is raised
    assert call.status is None
    assert ({"500": 1}, {"ValueError": 1}) == counted(monitor)


def test_an_exception_in_the_middle_keeps_the_status(fails, monitor):
    """A status that was sent stands, and the exception counts."""
    error, body = ValueError("no"), None
    body = Body(b"one", error=error)
    call, raised = fails(told(body))

    assert error is raised
    assert (call.status, call.body, body.closed) == (200, b"one", 1)
    assert ({"200": 1}, {"ValueError": 1}) == counted(monitor)


def test_an_exception_after_write_keeps_the_status(fails, monitor):
    """What `write()` has sent has its status, whatever comes after."""

    def app(environ, start_response):
        start_response("200 OK", [])(b"one")
        raise ValueError("no")

    assert fails(app)[0].status == 200
    assert ({"200": 1}, {"ValueError": 1}) == counted(monitor)


def test_an_exception_in_close_counts_beside_the_request(fails, monitor):
    """A body that fails when it is closed was a good answer all the same."""
    error = ValueError("no")

    assert fails(told(Body(b"one", close=error)))[1] is error
    assert ({"200": 1}, {"ValueError": 1}) == counted(monitor)


def test_an_exception_in_close_of_a_client_gone(fails, monitor):
    """What follows from the client's going is no fault of the application."""
    error = ValueError("no")

    assert fails(told(Body(b"one", b"two", close=error)), leave_after=1)[1] is error
    assert ({"499": 1}, {}) == counted(monitor)


def test_a_body_that_cannot_be_iterated_is_closed(fails, monitor):
    """A server closes a body even if it could not begin to read it; ours is no exception."""
    body = Body(iterate=ValueError("no"))

    fails(told(body))

    assert body.closed == 1
    assert ({"500": 1}, {"ValueError": 1}) == counted(monitor)


def test_a_body_that_is_none(fails, monitor):
    """An application that forgets its return value fails as without us."""
    assert isinstance(fails(told(None))[1], TypeError)
    assert ({"500": 1}, {"TypeError": 1}) == counted(monitor)


def test_an_application_that_handles_its_own_exception(monitor):
    """With `exc_info` an application takes back what it has told; what counts is what is sent in the end."""

    def app(environ, start_response):
        try:
            start_response("200 OK", [])
            raise ValueError("no")
        except ValueError:
            start_response("503 Service Unavailable", [], sys.exc_info())
            return [b"sorry"]

    call = Call(PerformanceMonitoringMiddleware(app, monitor)).finish()

    assert (call.status, call.body) == (503, b"sorry")
    assert ({"503": 1}, {}) == counted(monitor)


def test_exc_info_after_the_answer_has_begun(fails, monitor):
    """Too late to take it back: the server raises the application's exception again, as the same object."""
    error = ValueError("no")

    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"one"
        try:
            raise error
        except ValueError:
            start_response("503 Service Unavailable", [], sys.exc_info())

    call, raised = fails(app)

    assert error is raised
    assert (call.status, call.body) == (200, b"one")
    assert ({"200": 1}, {"ValueError": 1}) == counted(monitor)


@pytest.mark.parametrize("exc_info", [None, "keyword"])
def test_exc_info_may_be_none(monitor, exc_info):
    """`exc_info` may be None, and may be given by its name, where the server takes that."""

    def app(environ, start_response):
        if exc_info is None:
            start_response("200 OK", [], None)
        else:
            start_response("200 OK", [], exc_info=None)
        return []

    assert Call(PerformanceMonitoringMiddleware(app, monitor)).finish().status == 200
    assert ({"200": 1}, {}) == counted(monitor)


@pytest.mark.parametrize("status", ["OK", "", None])
def test_a_status_that_is_none_is_the_servers_to_refuse(fails, monitor, status):
    """Whatever the application tells, it is the server that complains, not we."""

    def app(environ, start_response):
        start_response(status, [])
        return []

    assert isinstance(fails(app)[1], (ValueError, AssertionError))
    assert ["500"] == list(counted(monitor)[0])
