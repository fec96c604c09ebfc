"""Networks: the client's address decides, however it is written."""

from ipaddress import IPv4Network, IPv6Address

import pytest
from support.access import verdict

from mcp_perf.access import Verdict, networks


@pytest.mark.parametrize(
    ("cidr", "client"),
    [
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.0.0.0/255.0.0.0", "10.1.2.3"),
        ("10.1.2.3", "10.1.2.3"),
        (IPv4Network("10.0.0.0/8"), "10.1.2.3"),
        (IPv6Address("2001:db8::1"), "2001:DB8:0::1"),
        ("2001:db8::/32", "2001:db8::1"),
        ("10.0.0.0/8", "::ffff:10.1.2.3"),
        ("10.0.0.0/8", "::FFFF:0a01:0203"),
        ("::ffff:10.0.0.0/104", "10.1.2.3"),
        ("::ffff:10.0.0.0/104", "::ffff:10.1.2.3"),
        ("0.0.0.0/0", "192.0.2.1"),
        ("::/0", "2001:db8::1"),
        ("fe80::/10", "fe80::1%eth0"),
        ("fe80::1", "fe80::1%2"),
        ("unix", ""),
        ("unix", "unix:"),
    ],
)
def test_inside(cidr, client) -> None:
    """A client in the network passes, however its address is written."""
    assert Verdict(True, 200) == verdict(networks("192.168.7.0/24", cidr), client)


@pytest.mark.parametrize(
    ("cidr", "client"),
    [
        ("10.0.0.0/8", "11.0.0.1"),
        ("10.0.0.0/8", "2001:db8::1"),
        ("10.0.0.0/8", "::10.0.0.1"),
        ("::/0", "10.0.0.1"),
        ("::/0", "::ffff:10.0.0.1"),
        ("0.0.0.0/0", "2001:db8::1"),
        ("0.0.0.0/0", ""),
        ("0.0.0.0/0", "unix"),
        ("0.0.0.0/0", "/run/app.sock"),
        ("unix", "127.0.0.1"),
        ("unix", "/run/app.sock"),
        ("10.0.0.0/8", "10.0.0.1:80"),
        ("10.0.0.0/8", "010.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1, 10.0.0.2"),
        ("10.0.0.0/8", "10.0.1"),
        ("10.0.0.0/8", "testclient"),
        ("fe80::/10", "%eth0"),
    ],
)
def test_outside(cidr, client) -> None:
    """Another client, one that is not known and one that makes no sense are answered 403."""
    assert Verdict(False, 403) == verdict(networks(cidr), client)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: networks(), r"^networks\(\) must be given networks, at least one$"),
        (
            lambda: networks("10.1.2.3/8"),
            "^networks must be networks like .*no bits behind the mask.*not '10.1.2.3/8'$",
        ),
        (lambda: networks("localhost"), "not 'localhost'$"),
        (lambda: networks("10.0.0.0/33"), "not '10.0.0.0/33'$"),
        (lambda: networks("fe80::1%eth0"), "not 'fe80::1%eth0'$"),
        (lambda: networks(""), "not ''$"),
        (lambda: networks("*"), "not '\\*'$"),
        (lambda: networks(5), "not 5$"),
        (lambda: networks(None), "not None$"),
        (lambda: networks(["10.0.0.0/8"]), r"not \['10.0.0.0/8'\]$"),
        (
            lambda: networks("unix", trusted_proxies="unix"),
            "^trusted_proxies must be a list of networks, not 'unix'$",
        ),
        (lambda: networks("unix", trusted_proxies=5), "^trusted_proxies must be a list of networks, not 5$"),
        (
            lambda: networks("unix", trusted_proxies=["nginx"]),
            "^trusted_proxies must be networks like .*not 'nginx'$",
        ),
        (
            lambda: networks("unix", trusted_proxies=["0.0.0.0/0"]),
            "the networks of your proxies, not everybody's$",
        ),
        (lambda: networks("unix", trusted_proxies=["::/0"]), "not everybody's$"),
        (lambda: networks("unix", trusted_proxies=["0.0.0.0/1", "128.0.0.0/1"]), "not everybody's$"),
    ],
)
def test_wrong_networks(make, message) -> None:
    """What is no network is refused at once, with what is allowed."""
    with pytest.raises(ValueError, match=message):
        make()


def test_repr() -> None:
    """A rule of networks shows them."""
    assert "networks('10.0.0.0/8', 'unix')" == repr(networks("10.0.0.0/8", "unix"))
    assert "networks('unix', trusted_proxies=['::1'])" == repr(
        networks("unix", trusted_proxies=[IPv6Address("::1")])
    )
