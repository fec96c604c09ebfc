"""Where the server listens."""

from __future__ import annotations

import os
import socket

from ..errors import wrong
from . import limits


def listen(host: object, port: object) -> socket.socket:
    """A socket that listens; ValueError for what is no address, OSError for one that cannot be had."""
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise wrong("port", port, "a number from 1 to 65535, or 0 for a free one")
    if not isinstance(host, str) or not host:
        raise wrong("host", host, "an address of this machine, '0.0.0.0' or '::' for all, or a name of it")
    family, address = _address(host, port)
    try:
        listener = socket.create_server(
            address,
            family=family,
            backlog=limits.BACKLOG,
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        raise _refusal(host, port, error) from None
    listener.setblocking(False)
    return listener


def _address(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        allowed = "an address of this machine, '0.0.0.0' or '::' for all, or a name of it"
        raise ValueError(f"{wrong('host', host, allowed)} ({reason.lower()})") from None
    # A name may have addresses of both kinds: most clients try this one, too.
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, address


def _refusal(host: str, port: int, error: OSError) -> OSError:
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    return type(error)(error.errno, f"nobody can listen on host {host!r}, port {port}, now ({reason})")
