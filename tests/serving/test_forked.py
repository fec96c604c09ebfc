"""Forks: the parent goes on serving, and the child has no server and holds nothing of it."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import warnings

import pytest
from support.plain_http import connect, get, rest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")


@contextlib.contextmanager
def child(work):
    """A child that does `work`, and lives to the end of the block; gives what the work gave, as a string."""
    reader, writer = os.pipe()
    stay, end = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks where there are threads
        pid = os.fork()
    if pid == 0:
        try:
            os.close(end)
            os.write(writer, str(work()).encode())
            os.close(writer)
            os.read(stay, 1)
        finally:
            os._exit(0)
    os.close(writer)
    os.close(stay)
    try:
        with open(reader, "rb") as answer:
            yield answer.read().decode()
    finally:
        os.close(end)
        os.waitpid(pid, 0)


def test_the_parent_goes_on(server) -> None:
    """The parent's server goes on, while there is a child and after."""
    with child(lambda: None):
        assert 200 == get(server).status

    assert 200 == get(server).status


def test_the_child_has_none(server) -> None:
    """The child's is closed, and closing it does nothing to the parent's."""

    def work():
        server.close()
        return server.closed

    with child(work) as closed:
        assert "True" == closed
        assert 200 == get(server).status


def test_the_child_does_not_hold_the_port(server) -> None:
    """When the parent closes, the port is free, whatever children there are."""
    with child(lambda: None):
        server.close()
        with pytest.raises(ConnectionRefusedError):
            connect(server)
        with socket.create_server(("127.0.0.1", server.port)):
            pass


def test_the_child_does_not_hold_connections(server) -> None:
    """A connection ends when the parent ends it, though a child was made meanwhile."""
    with connect(server) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\n")
        get(server)  # so that the other one has been accepted
        with child(lambda: None):
            connection.sendall(b"\r\n")
            assert b" 200 OK" in rest(connection)


def test_a_server_of_the_child_s_own(server, serving) -> None:
    """The child may have a server, on another port."""

    def work():
        own = serving()
        return own.port, get(own).status

    with child(work) as found:
        port, status = eval(found)
        assert (True, 200) == (port != server.port, status)
        assert 200 == get(server).status


def test_the_port_of_the_parent(server, serving) -> None:
    """On the parent's port it may not: it is in use."""

    def work():
        try:
            serving(server.port)
        except OSError as error:
            return error.errno

    with child(work) as found:
        assert found == str(errno.EADDRINUSE)
