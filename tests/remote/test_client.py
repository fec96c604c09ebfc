"""Asking over HTTP: servers that refuse, break off, stall or say too much, and a Prometheus that warns."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading

import pytest
from support.answers import Answers

from mcp_perf.remote import Client, NoAnswerError, Prometheus, TooMuchError


@contextlib.contextmanager
def answering(head, is_reset):
    """The address of a server that answers with these bytes, and then resets the connection or stalls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head)
                over.wait(0.2 if is_reset else 30)
                if is_reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join()


@pytest.mark.parametrize("is_reset", [True, False])
@pytest.mark.parametrize("body", [b"", b"x"])
def test_refusal_that_breaks_off(is_reset, body) -> None:
    """A refusal is one with its status, whatever becomes of what the server wanted to say of it."""
    head = b"HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\n" + body
    with answering(head, is_reset) as address, pytest.raises(NoAnswerError, match="answers 503") as caught:
        Client(address, patience=1).json("/")
    assert 503 == caught.value.status


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"])
def test_answer_that_does_not_come(head) -> None:
    """What nobody waits for any longer was too much to ask."""
    with answering(head, is_reset=False) as address, pytest.raises(TooMuchError, match=r"within 0\.3 s"):
        Client(address, patience=0.3).json("/")


def test_answer_that_is_too_long(monkeypatch) -> None:
    """An answer that is longer than anybody keeps was too much to ask."""
    monkeypatch.setattr("mcp_perf.remote.client._MOST", 1000)
    with Answers(lambda *_: (200, " " * 2000)) as server, pytest.raises(TooMuchError, match="come to an end"):
        Client(server.url).json("/")


def test_nobody_there() -> None:
    """Where nobody listens it is no question of how much was asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(NoAnswerError) as caught:
        Client(address).json("/")
    assert not isinstance(caught.value, TooMuchError)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, []),
        ({"warnings": None, "isPartial": False}, []),
        (
            {"warnings": ["store a: no answer", "PromQL info: metric might not be a counter"]},
            ["store a: no answer"],
        ),
        ({"isPartial": True}, ["the answer is partial"]),
        (
            {"warnings": [f"{number} {'x' * 999}" for number in range(99)]},
            [f"{n} {'x' * 999}"[:300] for n in range(20)],
        ),
    ],
)
def test_warnings(said, expected) -> None:
    """What a server says against its own answers is kept, each once."""
    body = json.dumps({"status": "success", "data": {"result": []}, **said})
    with Answers(lambda *_: (200, body)) as server:
        prometheus = Prometheus(Client(server.url))
        for _ in range(2):
            assert {} == prometheus.at("up")
    assert expected == list(prometheus.warnings)
