"""The client behind proxies: X-Forwarded-For and Forwarded (RFC 7239), as far as proxies are trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .addresses import Address, Area, address_of
from .request import Request

_NODE = re.compile(r"(?:\[([^\]]*)\]|([^:]+))(?::[0-9A-Za-z._-]+)?")
# A parameter of an element, up to the next separator. Each part begins where the one before cannot go on,
# so that the longest value takes no more than its length.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?P<quoted>(?:[^"\\]|\\.)*)"'
_PLAIN = r'(?P<plain>[^\s",;]+)'
_PARAMETER = re.compile(rf"[ \t]*(?:(?P<name>{_TOKEN})=(?:{_QUOTED}|{_PLAIN})[ \t]*)?(?P<end>[,;]|\Z)")
_UNREADABLE = "?"


def client_of(request: Request, trusted: Area) -> Address | None:
    """Who has really asked, None where that cannot be told for sure.

    A proxy writes one of the two headers and lets through what the client has in the other, so that they
    have to agree where both are there.
    """
    peer = address_of(request.client)
    if peer is None or peer not in trusted:
        return peer
    chains = [
        split(value)
        for name, split in (("x-forwarded-for", _forwarded_for), ("forwarded", _forwarded))
        if (value := request.header(name).strip())
    ]
    clients = {_beyond(chain, trusted) for chain in chains}
    if not clients:
        return peer
    return clients.pop() if len(clients) == 1 else None


def _beyond(chain: Sequence[str], trusted: Area) -> Address | None:
    """The last of `chain` that is no trusted proxy: what is left of it is only what that one says."""
    address: Address | None = None
    for node in reversed(chain):
        address = _address(node)
        if address is None or address not in trusted:
            break
    return address


def _address(node: str) -> Address | None:
    """The address of `node`, which may have a port, and brackets for it."""
    if not node:
        return None
    fit = _NODE.fullmatch(node)
    return address_of((fit[1] or fit[2] or _UNREADABLE) if fit else node)


def _forwarded_for(value: str) -> list[str]:
    return [node.strip() for node in value.split(",")]


def _forwarded(value: str) -> list[str]:
    """The ``for`` of each element, from left to right.

    One wrong character spoils all of it: a quote that the client has left open would swallow what the proxy
    has written behind it.
    """
    chain: list[str] = []
    nodes: list[str] = []
    position = 0
    while True:
        fit = _PARAMETER.match(value, position)
        if fit is None:
            return [_UNREADABLE]
        if fit["name"] is not None and fit["name"].lower() == "for":
            nodes.append(fit["plain"] or re.sub(r"\\(.)", r"\1", fit["quoted"] or ""))
        if fit["end"] != ";":
            chain.append(nodes[0] if len(nodes) == 1 else _UNREADABLE)
            nodes = []
        if not fit["end"]:
            return chain
        position = fit.end()
