"""Plain clients of a server of ours, and bad ones on bare sockets."""

import http.client
import socket
from typing import NamedTuple

PATIENCE = 60  # seconds until a test fails, not how long anything takes


class Answer(NamedTuple):
    """What a server has answered."""

    status: int
    headers: dict
    body: bytes


def get(server, path="/metrics", method="GET", headers=(), host="127.0.0.1", tls=None, body=None):
    """Ask a server, over TLS if there is a context for it."""
    if tls is None:
        connection = http.client.HTTPConnection(host, server.port, timeout=PATIENCE)
    else:
        connection = http.client.HTTPSConnection(host, server.port, timeout=PATIENCE, context=tls)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def connect(server, **options):
    """A connection over which nothing has been sent yet; `options` are those of the socket level."""
    connection = socket.socket()
    try:
        for option, value in options.items():
            connection.setsockopt(socket.SOL_SOCKET, getattr(socket, option), value)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", server.port))
    except BaseException:
        connection.close()
        raise
    return connection


def rest(connection):
    """All that still comes, to the end; what was reset ends, too."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionError:
        pass
    return found


def said(server, text):
    """What a server answers to these very bytes."""
    with connect(server) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return rest(connection)
