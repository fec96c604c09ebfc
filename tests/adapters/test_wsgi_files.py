"""Bodies that the server sends by itself: the file wrappers of PEP 3333."""

import gc
import io
import tempfile
from wsgiref.util import FileWrapper

import pytest
from gunicorn.http.wsgi import FileWrapper as GunicornFileWrapper
from support.readings import in_progress, requests, total
from support.wsgi_driver import Call, environment

from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware

BIG = 300_000
COUNTED = {("GET", "<unmatched>", "200"): 1}


class SealedWrapper:
    """A file wrapper in C has no place for attributes (mod_wsgi's)."""

    __slots__ = ("close", "file")

    def __init__(self, file, size=8192):
        self.file = file

    def __iter__(self):
        return iter(lambda: self.file.read(8192), b"")


class SealedClosing(SealedWrapper):
    __slots__ = ()

    def close(self):
        self.file.close()


def server_function(file, size=8192):
    """A file wrapper that is a function, and gives back the very file that it gets (uWSGI's)."""
    return file


def app(environ, start_response):
    start_response("200 OK", [("Content-Length", str(BIG))])
    app.returned = environ["wsgi.file_wrapper"](app.file, 8192)
    return app.returned


@pytest.fixture(params=["memory", "disk"])
def file(request):
    with tempfile.TemporaryFile() if request.param == "disk" else io.BytesIO() as opened:
        opened.write(b"x" * BIG)
        opened.seek(0)
        app.file = opened
        yield opened


def call(monitor, wrapper, application=app, **settings):
    measured = PerformanceMonitoringMiddleware(application, monitor, **settings)
    return Call(measured, environment(**{"wsgi.file_wrapper": wrapper}))


@pytest.mark.parametrize("wrapper", [FileWrapper, GunicornFileWrapper, server_function, SealedClosing])
def test_the_server_gets_its_own_file_wrapper_back(file, monitor, wrapper):
    """What the server's wrapper made reaches the server as the very same object."""
    visit = call(monitor, wrapper).begin()

    assert app.returned is visit.result
    assert wrapper is server_function or isinstance(visit.result, wrapper)
    visit.close()
    assert file.closed


@pytest.mark.parametrize("wrapper", [FileWrapper, GunicornFileWrapper, server_function])
@pytest.mark.parametrize("reads", [False, True])
def test_the_request_ends_when_the_file_is_closed(file, monitor, wrapper, reads):
    """Whether the server reads the file or has the kernel send it: the end is when it closes it."""
    visit = call(monitor, wrapper).begin()
    if reads:
        visit.take(10**9)
        assert len(visit.body) == BIG
    assert requests(monitor) == {}
    assert in_progress(monitor) == 1

    visit.close()

    assert COUNTED == requests(monitor)
    assert in_progress(monitor) == 0
    assert file.closed


def test_a_wrapper_without_a_place_for_ours_ends_at_once(file, monitor):
    """Where the end cannot be told the request is counted when the server has the file."""
    visit = call(monitor, SealedClosing).begin()

    assert COUNTED == requests(monitor)
    visit.take(10**9).close()
    assert COUNTED == requests(monitor)
    assert file.closed


@pytest.mark.parametrize("wrapper", [FileWrapper, GunicornFileWrapper])
def test_a_forgotten_file_is_not_in_progress_for_ever(file, monitor, wrapper):
    """A server that drops a file wrapper without closing it ends the request."""
    visit = call(monitor, wrapper).begin()
    visit.result = app.returned = app.file = None
    gc.collect()

    assert in_progress(monitor) == 0
    assert sum(requests(monitor).values()) == 1


@pytest.mark.parametrize("wrapper", [FileWrapper, server_function])
def test_a_wrapper_for_something_else_is_no_answer(file, monitor, wrapper):
    """An application that wraps a file and then answers otherwise is measured by its answer."""

    def other(environ, start_response):
        start_response("200 OK", [])
        environ["wsgi.file_wrapper"](file)
        return iter([b"some", b"thing"])

    visit = call(monitor, wrapper, other).begin().take(1)
    assert requests(monitor) == {}
    visit.take(2).close()

    assert visit.body == b"something"
    assert COUNTED == requests(monitor)


def test_without_a_file_wrapper_there_is_none(file, monitor):
    """An application still sees that a server has no file wrapper."""
    seen = []

    def asking(environ, start_response):
        seen.append("wsgi.file_wrapper" in environ)
        start_response("200 OK", [])
        return []

    Call(PerformanceMonitoringMiddleware(asking, monitor)).finish()

    assert seen == [False]


def test_the_size_of_a_file_that_the_server_sends_is_not_made_up(file, monitor):
    """Nobody tells how much of a file was sent, so that no size is recorded, rather than a wrong one."""
    call(monitor, FileWrapper, response_size=True, request_size=True).finish()

    assert COUNTED == requests(monitor)
    assert total(monitor, "mcp_http_response_size_bytes_count") == 0
    assert total(monitor, "mcp_http_request_size_bytes_count") == 1
