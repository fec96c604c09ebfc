"""A WebSocket client on a raw socket, which can also vanish without a word."""

import base64
import contextlib
import os
import struct

TEXT, CLOSE = 0x1, 0x8


def shake_hands(server, path):
    """The status of the handshake, and the connection."""
    connection = server.connect()
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        byte = connection.recv(1)
        assert byte, f"{head!r}\n{server.output()}"
        head += byte
    return int(head.split()[1]), connection


@contextlib.contextmanager
def opened(server, path):
    """A connection that the application has accepted."""
    status, connection = shake_hands(server, path)
    with contextlib.closing(connection):
        assert 101 == status, server.output()
        yield connection


def send(connection, opcode, payload):
    """Send a short frame; a client masks it, here with zeros."""
    connection.sendall(struct.pack("!BBI", 0x80 | opcode, 0x80 | len(payload), 0) + payload)


def receive(connection):
    """Opcode and payload of the next frame, which has to be a short one."""
    opcode, length = _exactly(connection, 2)
    assert length < 126
    return opcode & 0xF, _exactly(connection, length)


def closing(code):
    """The payload of a frame that closes a connection."""
    return struct.pack("!H", code)


def _exactly(connection, length):
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        assert part, "the server has gone"
        data += part
    return data
