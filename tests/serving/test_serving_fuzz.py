"""The served port asked anything: an answer or none, never a fault, and what the WSGI face answers."""

import contextlib
import http.client
import ssl
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import requests_fuzz as fuzz
from support.faces_fuzz import answer, monitor_of, through_wsgi
from support.plain_http import connect, get, said
from support.requests_fuzz import Asked

from mcp_perf.adapters import wsgi
from mcp_perf.serving import serve

pytestmark = pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")


@pytest.fixture
def secure(serving, identity):
    """A server that speaks TLS."""
    return serving(**identity)


# A server is the same for all examples.
few = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

_noise = st.one_of(
    st.binary(max_size=30), st.sampled_from([b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"\x85"])
)


def hello():
    """What a client says first where it speaks TLS."""
    said = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), said, server_hostname="a.test").do_handshake()
    return said.read()


@st.composite
def torn(draw, texts):
    """A text with something cut out of it, or put into it."""
    text = draw(texts)
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, min(len(text), 400)))
        end = begin + draw(st.integers(0, 20))
        text = text[:begin] + draw(_noise) + text[end:]
    return text


requests = torn(fuzz.requests.map(Asked.wire))


@given(text=st.one_of(requests, requests, st.binary(max_size=300)))
@few
def test_any_bytes(server, caplog, text) -> None:
    """Whatever comes, there is an answer or none, no 500, no line in the log, and the next one is served."""
    caplog.clear()
    found = said(server, text)

    if found.startswith(b"HTTP/"):
        status = int(found.split(b" ", 2)[1])
        assert status < 500 or status == 505, found
    assert [] == caplog.messages


@given(text=st.one_of(torn(st.builds(hello)), fuzz.requests.map(Asked.wire), st.binary(max_size=300)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_where_tls_is_spoken(secure, caplog, authority, text) -> None:
    """Nor is there a fault where these are not the begin of TLS, or a broken one; the next one is served."""
    caplog.clear()
    with contextlib.suppress(OSError):  # it may hang up at the first byte
        assert b"HTTP/" not in said(secure, text)

    assert 200 == get(secure, tls=ssl.create_default_context(cafile=authority.file)).status
    assert [] == caplog.messages


def test_the_next_one_is_served(server, caplog) -> None:
    """After all kinds of odd requests at once the server is as it was."""
    odd = [
        b"\0" * 1000,
        b"GET /metrics\x85 HTTP/1.1\r\n\r\n",
        b"\r",
        b"GET /metrics HTTP/1.1\r\nX: \r\r\n\r\n",
    ]
    with contextlib.ExitStack() as stack:
        for text in odd:
            stack.enter_context(connect(server)).sendall(text)
        assert 200 == get(server).status
    assert [] == caplog.messages


def is_plain(asked):
    """Whether the server takes it as it is: words without what ends them for some, one slash in front."""
    target = asked.path.encode() + asked.query
    texts = [value for _, value in asked.fields]
    return (
        not asked.path.startswith("//")
        and not {*b" #"} & {*target}
        and all(32 < byte < 127 for byte in target)
        and all(32 <= byte < 127 for text in texts for byte in text)
        and len(asked.wire()) < 30_000
    )


@pytest.mark.parametrize("ending", [b"\r", b"\r\r", b" \r"], ids=repr)
def test_only_lines_end_fields(ending) -> None:
    """A field that stands in the value of another, behind a carriage return alone, is not there."""
    text = b"GET /metrics HTTP/1.1\r\nX: y%sAuthorization: Bearer %s\r\n\r\n" % (ending, fuzz.TOKEN.encode())
    with serve(monitor_of("bearer"), port=0) as server:
        assert said(server, text).startswith((b"HTTP/1.0 400 ", b"HTTP/1.0 401 "))


@given(asked=fuzz.requests.filter(is_plain), access=st.sampled_from(["open", "bearer", "either", "callable"]))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_it_answers_as_wsgi_does(asked, access) -> None:
    """The same request has the same answer there as from the WSGI face in front of an application."""
    asked = replace(asked, client="127.0.0.1", root="")
    face = wsgi.instrument(nothing, "/metrics", monitor_of(access))
    expected = through_wsgi(face, asked)
    with serve(monitor_of(access), port=0) as server, connect(server) as connection:
        connection.sendall(asked.wire())
        found = http.client.HTTPResponse(connection, method=asked.method)
        with contextlib.closing(found):
            found.begin()
            fields = [pair for pair in found.getheaders() if pair[0] not in ("Server", "Date")]
            actual = answer(asked, found.status, fields, found.read())

    assert expected == actual


def nothing(environ, start_response):
    """What the port has besides the metrics app."""
    content = b"not found: the metrics are at /metrics\n"
    fields = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(content)))]
    start_response("404 Not Found", fields)
    return [content] * (environ["REQUEST_METHOD"] != "HEAD")
