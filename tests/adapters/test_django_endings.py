"""How requests to a Django project end, and what is counted of them."""

import gc
import io

import pytest
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from support import django_project
from support.asgi_driver import body_script, http_scope, leaving_after, serve
from support.django_project import OURS, configured
from support.readings import exceptions, in_progress, lost, requests, total
from support.shop import asynchronous
from support.wsgi_driver import Call, ask, environment
from support.wsgi_servers import gunicorn

BIG = 300_000
HERE = __name__

pytestmark = [
    # Django up to 5 leaves the request's body open where the response breaks off.
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning"),
]


@pytest.fixture(scope="module", autouse=True)
def _collected():
    yield
    gc.collect()


class BrokenError(Exception):
    """What no one catches."""

    @property
    def boom(self):
        raise self


class Below:
    """A middleware below ours that breaks."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        raise BrokenError


def broken(request):
    raise BrokenError


async def broken_later(request):
    raise BrokenError


def broken_page(request):
    return TemplateResponse(request, "page", {"value": BrokenError()})


def big(request):
    return HttpResponse(b"x" * BIG)


def stream(parts):
    return lambda request: StreamingHttpResponse(parts())


def failing():
    raise BrokenError
    yield b""


def two():
    yield b"one"
    yield b"two"


def file(request):
    file.opened = io.BytesIO(b"x" * BIG)
    return FileResponse(file.opened, filename="a.bin")


URLS = [
    path("broken", broken),
    path("broken_later", broken_later),
    path("broken_page", broken_page),
    path("missing", lambda request: (_ for _ in ()).throw(Http404)),
    path("ok", lambda request: HttpResponse(b"ok")),
    path("big", big),
    path("sync", stream(two)),
    path("async", stream(lambda: asynchronous(two()))),
    path("failing", stream(failing)),
    path("failing_async", stream(lambda: asynchronous(failing()))),
    path("file", file),
    path("upload", lambda request: HttpResponse(str(sum(map(len, request.FILES["f"])))), name="upload"),
]


@pytest.fixture(params=["wsgi", "asgi"])
def server(request):
    return request.param


@pytest.fixture
def get(server, monitor):
    """``get(path)``: the answer to one request under either handler."""

    def run(url, method="GET", middleware=(OURS,), settings=None, body=b"", headers=None, leave_after=None):
        with configured(monitor, **(settings or {})):
            app = getattr(django_project, server)(URLS, middleware)
        if server == "wsgi":
            # The validator cannot stand a body that fails when it is asked for its iterator.
            valid = "failing" not in url
            return ask(app, method, url, body=body, headers=headers, leave_after=leave_after, valid=valid)
        pairs = [(name.lower().encode(), text.encode()) for name, text in (headers or {}).items()]
        on_send = leaving_after(leave_after) if leave_after is not None else None
        return serve(app, http_scope(method, url, headers=pairs), body_script(body), on_send=on_send)

    return run


def counted(monitor):
    """Requests by route and status, exceptions by class; nothing is in progress, no fault has happened."""
    gc.collect()
    assert in_progress(monitor) == 0
    assert lost(monitor) == 0
    return (
        {key[1:]: number for key, number in requests(monitor).items()},
        {key[2]: number for key, number in exceptions(monitor).items()},
    )


@pytest.mark.parametrize("name", ["broken", "broken_later", "broken_page"])
def test_an_uncaught_exception_is_counted_once(get, monitor, name):
    """An exception in a view, be it asynchronous, or in a template counts once by its class."""
    assert get(f"/{name}").status == 500
    assert ({(f"/{name}", "500"): 1}, {"BrokenError": 1}) == counted(monitor)


def test_an_exception_in_a_middleware_below(get, monitor):
    """An exception in a middleware below ours counts, under no route since none was looked for."""
    assert get("/ok", middleware=(OURS, f"{HERE}.Below")).status == 500
    assert ({("<unmatched>", "500"): 1}, {"BrokenError": 1}) == counted(monitor)


def test_an_exception_above_is_not_ours(get, monitor):
    """A middleware above ours answers without us."""
    assert get("/ok", middleware=(f"{HERE}.Below", OURS)).status == 500
    assert ({}, {}) == counted(monitor)


@pytest.mark.parametrize("name", ["sync", "async"])
def test_streams_of_either_kind(get, monitor, name):
    """Synchronous and asynchronous streams are counted when they are through, under either handler."""
    assert get(f"/{name}").body == b"onetwo"
    assert ({(f"/{name}", "200"): 1}, {}) == counted(monitor)


@pytest.mark.parametrize("name", ["failing", "failing_async"])
def test_a_stream_that_fails_at_once(get, monitor, name):
    """A stream that fails before its first part counts as what the client saw."""
    answer = get(f"/{name}")

    assert isinstance(answer.error, BrokenError)
    assert ({(f"/{name}", str(answer.status or 500)): 1}, {"BrokenError": 1}) == counted(monitor)


@pytest.mark.parametrize("url", ["/sync", "/big", "/file", "/ok"])
def test_a_body_that_the_server_does_not_ask_for(monitor, url):
    """A WSGI server that closes an answer unread (HEAD, 304) leaves its status as it is."""
    with configured(monitor):
        app = django_project.wsgi(URLS)

    Call(app, environment("HEAD", url)).begin().close()

    assert ({(url, "200"): 1}, {}) == counted(monitor)


# Django reads a stream of the other kind to its end before it sends anything.
@pytest.mark.parametrize(("server", "name"), [("wsgi", "sync"), ("asgi", "async")], indirect=["server"])
def test_a_client_that_goes_away(get, monitor, name):
    """A client that leaves a stream makes a 499."""
    get(f"/{name}", leave_after=1)

    assert ({(f"/{name}", "499"): 1}, {}) == counted(monitor)


def test_a_big_answer_is_in_progress_until_it_is_closed(monitor):
    """An answer that no buffer holds ends when the server closes it."""
    with configured(monitor):
        call = Call(django_project.wsgi(URLS), environment(path="/big")).begin().take(1)
    assert requests(monitor) == {}
    assert in_progress(monitor) == 1

    call.take(1).close()

    assert ({("/big", "200"): 1}, {}) == counted(monitor)


def test_a_big_answer(get, monitor):
    """It is counted once under either handler."""
    assert len(get("/big").body) == BIG
    assert ({("/big", "200"): 1}, {}) == counted(monitor)


GZIP = "django.middleware.gzip.GZipMiddleware"
CONDITIONAL = "django.middleware.http.ConditionalGetMiddleware"


@pytest.mark.parametrize("url", ["/ok", "/big", "/sync", "/file"])
@pytest.mark.parametrize("outer", [GZIP, CONDITIONAL])
def test_an_answer_that_a_middleware_outside_changes(get, monitor, url, outer):
    """A middleware outside may pack an answer or replace it: the request counts once, with our status."""
    headers = {"Accept-Encoding": "gzip"}
    first = get(url, middleware=(outer, OURS), headers=headers)
    get(
        url, middleware=(outer, OURS), headers={**headers, "If-None-Match": first.headers.get("etag", "none")}
    )

    assert first.status == 200
    assert ({(url, "200"): 2}, {}) == counted(monitor)


def test_a_file_keeps_its_way(monitor):
    """A FileResponse still goes out in the server's file wrapper, and ends when that is closed."""
    from wsgiref.util import FileWrapper

    with configured(monitor, response_size=True):
        app = django_project.wsgi(URLS)
    call = Call(app, environment(path="/file", **{"wsgi.file_wrapper": FileWrapper})).begin()
    assert type(call.result) is FileWrapper
    assert call.result.filelike is file.opened
    assert requests(monitor) == {}

    call.take(10**9).close()

    assert len(call.body) == BIG
    assert file.opened.closed
    assert ({("/file", "200"): 1}, {}) == counted(monitor)
    assert total(monitor, "mcp_http_response_size_bytes_count") == 0


def test_a_file_without_a_file_wrapper(get, monitor):
    """Without one Django sends the file itself."""
    assert len(get("/file").body) == BIG
    assert ({("/file", "200"): 1}, {}) == counted(monitor)


@pytest.mark.parametrize("url", ["/ok", "/big", "/sync", "/file", "/missing"])
def test_gunicorn_serves_the_project(monitor, url):
    """Under the own code of a real server each request counts once."""
    with configured(monitor):
        answer = gunicorn(django_project.wsgi(URLS), "GET", url)

    answer.read()
    assert ({(url, str(answer.status)): 1}, {}) == counted(monitor)


def test_the_size_of_an_upload(get, monitor):
    """A form with a file is counted with all its bytes, and reaches the view whole."""
    content = b"y" * 200_000
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--b--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(len(body))}

    answer = get("/upload", "POST", settings={"request_size": True}, body=body, headers=headers)

    assert answer.body == str(len(content)).encode()
    assert total(monitor, "mcp_http_request_size_bytes_sum") == len(body)
