"""Clients that scrape all at once, in one event loop, and what a server's process takes for them."""

import asyncio
import contextlib
import re
import socket
from pathlib import Path
from typing import NamedTuple

from support.servers import HOST

KINDS = ("reads", "reads slowly", "does not read")
HEAD = re.compile(rb"HTTP/1\.[01] (\d+) [^\r\n]*\r\n(.*?)\r\n\r\n", re.DOTALL)


class Ending(NamedTuple):
    """What a client has got."""

    kind: str
    outcome: str  # "200", "503", "cut off", "reading" where it was ended by the test, "none"


class Client:
    """One scrape on a connection of its own, which stays open as long as the client would."""

    def __init__(self, port, kind, path="/metrics"):
        self.kind = kind
        self._port = port
        self._path = path
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._got = b""
        if kind != "reads":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    async def begin(self):
        """Ask, and wait for the begin of the answer."""
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._socket, (HOST, self._port))
        request = f"GET {self._path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        await loop.sock_sendall(self._socket, request.encode())
        await self._read(512)

    async def _read(self, most):
        part = await asyncio.get_running_loop().sock_recv(self._socket, most)
        self._got += part
        return bool(part)

    async def scrape(self, over):
        """The `Ending`; who is slow goes on until the test is `over`."""
        try:
            await self.begin()
            while not over.is_set():
                if self.kind == "does not read" and self._status() == 200:
                    await over.wait()
                elif not await self._read(1 << 20 if self.kind == "reads" else 1 << 12):
                    break
                elif self.kind == "reads slowly":
                    await asyncio.sleep(0.05)
        except OSError:
            pass
        return self.ending(is_over=over.is_set())

    def _status(self):
        head = HEAD.match(self._got)
        return int(head[1]) if head else None

    def ending(self, *, is_over):
        head = HEAD.match(self._got)
        if head is None:
            return Ending(self.kind, "none")
        fields = head[2].lower()
        length = int(re.search(rb"content-length: *(\d+)", fields)[1])
        if len(self._got) - head.end() == length:
            assert int(head[1]) == 200 or (int(head[1]) == 503 and b"retry-after: " in fields), self._got[
                :300
            ]
            return Ending(self.kind, head[1].decode())
        return Ending(self.kind, "reading" if is_over else "cut off")

    def close(self):
        self._socket.close()


class Memory:
    """What the process of a server has taken since this was made, in bytes."""

    def __init__(self, server):
        self._status = Path(f"/proc/{server.process.pid}/status")
        self._begin = self._resident("VmRSS")

    def _resident(self, name):
        return int(re.search(rf"{name}:\s+(\d+) kB", self._status.read_text())[1]) * 1024

    def growth(self):
        """The most so far."""
        return self._resident("VmHWM") - self._begin


@contextlib.contextmanager
def crowd(port, kinds, path="/metrics"):
    """A client of each kind; `path` may have its number in it."""
    clients = [Client(port, kind, path.format(number)) for number, kind in enumerate(kinds)]
    try:
        yield clients
    finally:
        for client in clients:
            client.close()
