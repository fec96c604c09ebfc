"""Clients that are slow, rude or mad: they cost a place for a limited time, and nobody else an answer."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time

import pytest
from support.plain_http import connect, get, rest, said
from support.sockets import leave

from mcp_perf.serving import limits

HEAD = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def hasty(monkeypatch):
    """The limits of time are so short that a test can wait for them."""
    for name in ("ASKING_SECONDS", "ANSWERING_SECONDS", "LINGERING_SECONDS"):
        monkeypatch.setattr(limits, name, 0.3)


@pytest.fixture
def two_places(monkeypatch):
    """There are two threads only."""
    monkeypatch.setattr(limits, "CONNECTIONS", 2)


@pytest.mark.parametrize("text", [b"", b"GET", b"GET /metrics HTTP/1.1\r\n", HEAD + b"X: y"])
def test_a_client_that_stops(hasty, serving, text) -> None:
    """A client that does not end its request is cut off."""
    with connect(serving()) as connection:
        connection.sendall(text)
        assert b"" == rest(connection)


def test_a_client_that_goes_on_for_ever(hasty, serving) -> None:
    """One that sends a byte now and then is cut off as well: the limit is for all of them together."""
    with connect(serving()) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(HEAD)
        cut_off = threading.Thread(target=rest, args=(connection,))
        cut_off.start()
        while cut_off.is_alive():
            connection.sendall(b"X: y\r\n")
            cut_off.join(0.05)


def test_a_client_that_does_not_read(hasty, serving, two_places, monitor, caplog) -> None:
    """One that does not take its answer is cut off, and its place is free; nothing is said in the log."""
    for name in "abcdefghijklmnopqrst":  # more than all buffers on the way hold
        gauge = monitor.gauge(name * 200, name, ["kind"])
        for number in range(1000):
            gauge.labels(name * 200 + str(number)).set(number)
    server = serving()
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            connection = stack.enter_context(connect(server, SO_RCVBUF=4096))
            connection.sendall(HEAD + b"\r\n")
        assert 404 == get(server, "/nope").status
        assert len(rest(connection)) < len(monitor.render()[1])
    assert [] == caplog.messages


def test_who_is_too_many_waits(serving, two_places, monitor) -> None:
    """More connections than there are places wait, and are answered when one is free."""
    server = serving()
    with connect(server) as one, connect(server) as other:
        found = []
        third = threading.Thread(target=lambda: found.append(get(server).status))
        third.start()
        third.join(0.2)
        assert ([], True) == (found, third.is_alive())
        one.sendall(HEAD + b"\r\n")
        assert b" 200 OK" in rest(one)
        third.join()
        other.sendall(HEAD + b"\r\n")
        assert b" 200 OK" in rest(other)

    assert [200] == found


def test_closing_while_all_places_are_taken(serving, two_places) -> None:
    """A server that has no place free is closed at once, like any other."""
    server = serving()
    with connect(server) as one, connect(server) as other:
        server.close()
        assert b"" == rest(one) + rest(other)


@pytest.mark.parametrize(
    "text",
    [
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        HEAD + b"".join(b"X%d: y\r\n" % number for number in range(200)) + b"\r\n",
        HEAD + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
    ids=["line", "field", "fields", "many fields"],
)
def test_too_much(server, text) -> None:
    """A head that is too long, or has too many fields, is refused before it is read to its end."""
    assert b" 431 " in said(server, text).splitlines()[0]


@pytest.mark.parametrize(
    "text",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"GET /metrics JUNK\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        HEAD + b"no field\r\n\r\n",
        HEAD + b": empty\r\n\r\n",
        HEAD + b"X: \xff\xfe\x00\r\n folded\r\n\r\n",
        b"GET /metrics?%\xff HTTP/1.1\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\n\r\n",
        b"GET http:// HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"GET /metrics\r\n",
        b"\x00" * 1000,
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz",
        HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    ],
    ids=repr,
)
def test_mad_requests(server, text, caplog) -> None:
    """Whatever comes, there is an answer or none, no 500, no line in the log, and the next one is served."""
    found = said(server, text)

    assert not found.startswith(b"HTTP/1.0 5") or b" 505 " in found.splitlines()[0]
    assert [] == caplog.messages
    assert 200 == get(server).status


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize("text", [b"", b"GET /met", HEAD + b"\r\n"])
def test_clients_that_go(server, how, text, caplog) -> None:
    """A client that goes at any moment leaves nothing."""
    for _ in range(30):
        connection = connect(server)
        connection.sendall(text)
        leave(connection, how)

    assert 200 == get(server).status
    assert [] == caplog.messages


def test_a_body_costs_no_answer(server) -> None:
    """Whoever sends a body that nobody reads gets the answer, and no reset before it."""
    with connect(server) as connection:
        connection.sendall(
            b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000
        )
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (405, b"method not allowed\n") == (answer.status, answer.read())
        answer.close()


def test_an_absolute_address(server) -> None:
    """A request as a proxy sends it is answered as others are."""
    assert b" 200 OK" in said(server, b"GET http://x:1/metrics?name[]=y HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 404 " in said(server, b"GET HTTPS://x HTTP/1.1\r\nHost: x\r\n\r\n")


def answered(serving, monkeypatch, text):
    """The environment that a request comes with."""
    seen = []

    def app(environ, start_response):
        seen.append(environ)
        start_response("200 OK", [])
        return [b""]

    server = serving()
    monkeypatch.setattr(server, "_app", app)
    said(server, text)
    return seen[0]


def test_fields_with_underscores(serving, monkeypatch) -> None:
    """A field that a client could pass off as a proxy's is not there."""
    text = HEAD + b"X_Forwarded_For: 10.0.0.1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"

    assert "192.0.2.1" == answered(serving, monkeypatch, text)["HTTP_X_FORWARDED_FOR"]


def test_variables_of_the_process(serving, monkeypatch) -> None:
    """No variable of the process is in a request."""
    monkeypatch.setenv("HTTP_AUTHORIZATION", "Bearer secret")
    environ = answered(serving, monkeypatch, HEAD + b"\r\n")

    assert set() == {"HTTP_AUTHORIZATION", "PATH", "HOME"} & set(environ)
    assert ("127.0.0.1", "http") == (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"])


def test_a_fault_of_ours(serving, monkeypatch, caplog) -> None:
    """Should the app fail after all, it is 500 for this client, a line in the log, and the server goes on."""

    def app(environ, start_response):
        raise ValueError("boom")

    server = serving()
    with monkeypatch.context() as patched:
        patched.setattr(server, "_app", app)
        assert 500 == get(server).status

    assert ["mcp_perf could not answer a request on its own port"] == caplog.messages
    assert 200 == get(server).status


def test_no_descriptors_left(serving, monkeypatch, caplog) -> None:
    """Where the process can open nothing more, the server waits instead of going round and round."""
    server = serving()
    accept = server._listener.accept
    faults = [OSError(24, "Too many open files")] * 2

    class Listener:
        def accept(self):
            if faults:
                raise faults.pop()
            return accept()

    monkeypatch.setattr("mcp_perf.serving.server._PAUSE", 0.01)
    monkeypatch.setattr(server, "_listener", Listener())
    assert 200 == get(server).status
    monkeypatch.undo()

    assert 2 == len(caplog.messages)
    assert "Too many open files" in caplog.messages[0]


def test_no_threads_left(serving, monkeypatch, caplog) -> None:
    """Where the process can start no thread, the client is turned away and its place is free again."""
    server = serving()

    def start(self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched, connect(server) as connection:
        patched.setattr(threading.Thread, "start", start)
        assert b"" == rest(connection)
        with connect(server) as another:
            assert b"" == rest(another)

    assert 200 == get(server).status
    assert "can't start new thread" in caplog.text


def test_slow_is_not_too_slow(serving, monkeypatch) -> None:
    """A client that takes its time, within the limits, gets all."""
    with connect(serving(), SO_RCVBUF=4096) as connection:
        for byte in HEAD + b"\r\n":
            connection.send(bytes([byte]))
        found = b""
        while part := connection.recv(500):
            found += part
            time.sleep(0.001)

    head, _, body = found.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
