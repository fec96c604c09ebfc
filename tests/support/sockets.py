"""Clients that behave badly, on raw sockets."""

import contextlib
import http.client
import socket
import struct

_GIVE_UP = struct.pack("ii", 1, 0)  # linger for no time: the connection is reset


def leave(connection, how):
    """Go away: ``closed`` like a browser's tab, ``reset`` like a machine that lost its memory."""
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _GIVE_UP)
    connection.close()


def leave_amid_answer(server, path, how):
    """Ask for `path`, wait for the beginning of the answer and go."""
    with contextlib.closing(server.connect()) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        begin = connection.recv(4096)
        assert begin.startswith(b"HTTP/1.1 200"), f"{begin!r}\n{server.output()}"
        leave(connection, how)


def leave_amid_request(server, path, how):
    """Announce a body, wait until the server wants it, send a part of it and go."""
    with contextlib.closing(begin_upload(server, path, 1_000_000)) as connection:
        connection.sendall(b"x" * 1000)
        leave(connection, how)


def begin_upload(server, path, length):
    """A connection whose request is being answered, and still wants its body of `length` bytes."""
    connection = server.connect()
    connection.sendall(
        f"POST {path} HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
    )
    wanted = connection.recv(4096)
    assert wanted.startswith(b"HTTP/1.1 100"), f"{wanted!r}\n{server.output()}"
    return connection


def rest_of(connection):
    """Status and body of the answer that comes on a connection."""
    with contextlib.closing(http.client.HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, answer.read()
