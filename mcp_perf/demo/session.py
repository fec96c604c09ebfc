"""A session of the demo: the shop, its server, its customers and the terminal, from start to end."""

from __future__ import annotations

import math
import socket
import sys
import time

from mcp_perf import PerformanceMonitor

from .opening import open_shop
from .server import Server
from .stopping import Stopping
from .terminal import Terminal
from .traffic import Traffic


def show(
    monitor: PerformanceMonitor, listener: socket.socket, stopping: Stopping, seconds: float | None
) -> None:
    """Keep the shop open on `listener` until the wish to stop comes, or for so many seconds."""
    terminal = Terminal(sys.stdout)
    end = time.monotonic() + seconds if seconds is not None else math.inf
    with listener, open_shop() as app, Server(listener, app) as server, Traffic(server.port):
        terminal.greet(server.address, seconds)
        terminal.refresh(monitor)
        while (left := end - time.monotonic()) > 0 and not stopping.wait(min(left, 1.0)):
            terminal.refresh(monitor)
    terminal.close(monitor)
