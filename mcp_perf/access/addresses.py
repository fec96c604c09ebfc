"""Addresses of clients, and areas of them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)
from typing import Literal

from ..errors import wrong

UNIX: Literal["unix"] = "unix"
Address = IPv4Address | IPv6Address | Literal["unix"]
Network = IPv4Network | IPv6Network
_OBJECTS = (IPv4Address, IPv4Network, IPv6Address, IPv6Network)
_MAPPED = IPv6Network("::ffff:0:0/96")
_ALLOWED = "networks like '10.0.0.0/8' or '2001:db8::/32', no bits behind the mask, or addresses, or 'unix'"


def address_of(text: str) -> Address | None:
    """The address that `text` says, None for what says none.

    An IPv4 address in an IPv6 one is the IPv4 address, as the same client has it on another socket; which
    interface a link-local address is on does not matter.
    """
    if text in ("", "unix:"):  # nginx writes the latter
        return UNIX
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


class Area:
    """Networks, and perhaps the unix sockets."""

    def __init__(self, setting: str, cidrs: Iterable[object]) -> None:
        entries = tuple(cidrs)
        self._has_unix = UNIX in entries
        self.networks = tuple(_network(setting, cidr) for cidr in entries if cidr != UNIX)
        self.texts = tuple(map(str, entries))

    @property
    def is_everywhere(self) -> bool:
        """Whether all addresses of a version are in it."""
        older = collapse_addresses(one for one in self.networks if isinstance(one, IPv4Network))
        newer = collapse_addresses(one for one in self.networks if isinstance(one, IPv6Network))
        return not (all(one.prefixlen for one in older) and all(one.prefixlen for one in newer))

    def __contains__(self, address: Address) -> bool:
        if isinstance(address, str):
            return self._has_unix
        return any(address in network for network in self.networks)


def _network(setting: str, cidr: object) -> Network:
    if not isinstance(cidr, (str, *_OBJECTS)) or "%" in str(cidr):
        raise wrong(setting, cidr, _ALLOWED)
    try:
        network = ip_network(str(cidr))
    except ValueError:
        raise wrong(setting, cidr, _ALLOWED) from None
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        mapped = network.network_address.ipv4_mapped
        return IPv4Network(f"{mapped}/{network.prefixlen - 96}")
    return network
