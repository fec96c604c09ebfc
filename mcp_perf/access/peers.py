"""Networks that may read."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from ..errors import wrong
from .addresses import Area
from .proxies import client_of
from .request import Request
from .rules import Plain
from .verdict import ALLOWED, FORBIDDEN, Verdict

Cidr = str | IPv4Address | IPv4Network | IPv6Address | IPv6Network


class Networks(Plain):
    """Allows the clients in an area."""

    def __init__(self, area: Area, trusted: Area) -> None:
        self._area = area
        self._trusted = trusted
        self.is_open = area.is_everywhere

    def verdict(self, request: Request) -> Verdict:
        """No credentials help who is elsewhere."""
        client = client_of(request, self._trusted)
        return FORBIDDEN if client is None or client not in self._area else ALLOWED

    def __repr__(self) -> str:
        trusted = f", trusted_proxies={list(self._trusted.texts)!r}" if self._trusted.texts else ""
        return f"networks({', '.join(map(repr, self._area.texts))}{trusted})"


def networks(*cidrs: Cidr, trusted_proxies: Iterable[Cidr] = ()) -> Networks:
    """A rule that allows clients in one of `cidrs`; ``unix`` is whoever comes through a unix socket.

    Of a peer in one of `trusted_proxies` the forwarded headers are believed, of nobody else.
    """
    if not cidrs:
        raise ValueError("networks() must be given networks, at least one")
    if isinstance(trusted_proxies, str) or not isinstance(trusted_proxies, Iterable):
        raise wrong("trusted_proxies", trusted_proxies, "a list of networks")
    trusted = Area("trusted_proxies", trusted_proxies)
    if trusted.is_everywhere:
        # The first of a chain is what anybody has written.
        raise ValueError("trusted_proxies must be the networks of your proxies, not everybody's")
    return Networks(Area("networks", cidrs), trusted)
