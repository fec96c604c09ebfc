"""Behind proxies: forwarded headers count from trusted ones, and only as far as they reach."""

import pytest
from support.access import status

from mcp_perf.access import networks


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
