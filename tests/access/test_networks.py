"""Networks: the client's address decides, and forwarded headers only from proxies that are trusted."""

from ipaddress import IPv4Network, IPv6Address

import pytest
from support.access import status, verdict

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


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded"])
def test_nobody_is_trusted_by_default(header) -> None:
    """Forwarded headers of whoever is no trusted proxy are not looked at."""
    forged = {"x_forwarded_for": "10.0.0.1", "forwarded": "for=10.0.0.1"}
    assert 403 == status(networks("10.0.0.0/8"), "192.0.2.1", **{header: forged[header]})
    outside = networks("10.0.0.0/8", trusted_proxies=["172.16.0.0/12"])
    assert 403 == status(outside, "192.0.2.1", **{header: forged[header]})
    assert 200 == status(outside, "10.0.0.1", **{header: "garbage"})


BEHIND = networks("10.0.0.0/8", "2001:db8::/32", trusted_proxies=["172.16.0.0/12", "fd00::/8", "unix"])


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("10.0.0.1", 200),
        ("192.0.2.1", 403),
        ("10.0.0.1, 192.0.2.1", 403),
        ("192.0.2.1, 10.0.0.1", 200),
        ("192.0.2.1, 10.0.0.1, 172.16.0.9, fd00::1", 200),
        ("10.0.0.1, 192.0.2.1, 172.16.0.9", 403),
        ("garbage, 10.0.0.1", 200),
        ("10.0.0.1, garbage", 403),
        ("10.0.0.1, garbage, 172.16.0.9", 403),
        ("10.0.0.1, ", 403),
        ("10.0.0.1,,172.16.0.9", 403),
        (",", 403),
        ("unknown", 403),
        ("unix:", 403),
        ("10.0.0.1, unix:", 200),
        ("10.0.0.1:1234", 200),
        ("[2001:db8::1]:1234", 200),
        ("[2001:db8::1]", 200),
        ("2001:db8::1", 200),
        ("2001:db8::1%eth0", 200),
        ("::ffff:10.0.0.1", 200),
        ("[]", 403),
        ("[10.0.0.1", 403),
        ("10.0.0.1:", 403),
        ("10.0.0.1:1:2", 403),
        ("172.16.0.9", 403),
        ("10.0.0.1,172.16.0.9", 200),
    ],
)
@pytest.mark.parametrize("peer", ["172.16.0.1", "::ffff:172.16.0.1", "fd00::7", ""])
def test_x_forwarded_for(chain, expected, peer) -> None:
    """Behind a trusted proxy the client is the last address that is no trusted proxy; junk there refuses."""
    assert expected == status(BEHIND, peer, x_forwarded_for=chain)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("for=10.0.0.1", 200),
        ('For="10.0.0.1"', 200),
        ('FOR="[2001:db8::1]:4711";proto=https;by=203.0.113.43', 200),
        ('by=203.0.113.43 ; for="10.0.0.1:_port"', 200),
        ("for=10.0.0.1;", 200),
        ("for=10.0.0.1:80", 200),
        (r'for="10\.0.0.1"', 200),
        ("for=192.0.2.1", 403),
        ("for=10.0.0.1, for=192.0.2.1", 403),
        ("for=192.0.2.1,for=10.0.0.1;proto=http , for=172.16.0.9", 200),
        ("for=unknown", 403),
        ("for=_hidden", 403),
        ('for="_gazonk"', 403),
        ("for=10.0.0.1, proto=http", 403),
        ("for=10.0.0.1;for=10.0.0.2", 403),
        ("for=10.0.0.1, ", 403),
        ("for=", 403),
        ('for=""', 403),
        ("10.0.0.1", 403),
        ("for = 10.0.0.1", 403),
        ('for="10.0.0.1', 403),
        ('for="10.0.0.1"x', 403),
        ('x="y, for=10.0.0.1', 403),
        ('for=10.0.0.1;x=", for="[2001:db9::1]"', 403),
        ('for=10.0.0.1;x=", for=192.0.2.1;by="_x"', 403),
        ('for="10.0.0.1, for=192.0.2.1"', 403),
    ],
)
def test_forwarded(chain, expected) -> None:
    """The same by the standard header; one wrong character refuses, as a quote may hide what follows."""
    assert expected == status(BEHIND, "172.16.0.1", forwarded=chain)


@pytest.mark.parametrize(
    ("x_forwarded_for", "forwarded", "expected"),
    [
        ("10.0.0.1", "for=10.0.0.1", 200),
        ("::ffff:10.0.0.1", 'for="10.0.0.1:80", for=172.16.0.9', 200),
        ("192.0.2.1", "for=10.0.0.1", 403),
        ("10.0.0.1", "for=192.0.2.1", 403),
        ("10.0.0.1", "for=10.0.0.2", 403),
        ("10.0.0.1", "garbage", 403),
        ("garbage", "for=10.0.0.1", 403),
        ("garbage", "garbage", 403),
        (" ", "for=10.0.0.1", 200),
    ],
)
def test_both_headers(x_forwarded_for, forwarded, expected) -> None:
    """A client that adds the header its proxy does not write gains nothing: both have to say the same."""
    headers = {"x_forwarded_for": x_forwarded_for, "forwarded": forwarded}
    assert expected == status(BEHIND, "172.16.0.1", **headers)


def test_proxy_itself() -> None:
    """A trusted proxy that asks without such a header asks for itself, and passes where its network does."""
    assert 403 == status(BEHIND, "172.16.0.1")
    assert 200 == status(networks("127.0.0.1", trusted_proxies=["127.0.0.1"]), "127.0.0.1")
    assert 403 == status(networks("10.0.0.0/8", trusted_proxies=["unix"]), "")


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
