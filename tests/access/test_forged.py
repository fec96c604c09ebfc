"""Whatever a client writes into forwarded headers: nothing raised, nobody let in from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.access import status

from mcp_perf.access import networks

RULE = networks("10.0.0.0/8", "2001:db8::/32", trusted_proxies=["172.16.0.0/12", "unix"])
WORDS = st.sampled_from(
    [
        "for=",
        "For=",
        "10.0.0.1",
        "172.16.0.1",
        '"[2001:db8::1]"',
        '"',
        "\\",
        ",",
        ";",
        " ",
        "\t",
        "=",
        "by=",
        ":80",
        "[",
    ]
)
VALUES = st.one_of(
    st.text(), st.lists(WORDS).map("".join), st.binary().map(lambda raw: raw.decode("latin-1"))
)
APPENDED = st.sampled_from(
    [
        "for=192.0.2.1",
        'for="[2001:db9::1]:4711"',
        'for="192.0.2.1:80";proto=https;by="_me"',
        'by="[fd00::1]";for=192.0.2.1',
        "proto=http;for=_hidden",
        "for=192.0.2.1, for=172.16.0.1",
    ]
)


@given(client=VALUES, x_forwarded_for=VALUES, forwarded=VALUES)
def test_no_value_raises(client, x_forwarded_for, forwarded) -> None:
    """Any addresses and headers are answered, 200 or 403."""
    for peer in (client, "172.16.0.1", ""):
        assert status(RULE, peer, x_forwarded_for=x_forwarded_for, forwarded=forwarded) in (200, 403)


@given(x_forwarded_for=VALUES, forwarded=VALUES)
def test_no_header_helps_an_outsider(x_forwarded_for, forwarded) -> None:
    """Who connects directly gains nothing by any header."""
    assert 403 == status(RULE, "192.0.2.1", x_forwarded_for=x_forwarded_for, forwarded=forwarded)


@given(
    theirs=VALUES,
    proxy=st.sampled_from(["192.0.2.1", "2001:db9::1", "192.0.2.1, 172.16.0.5"]),
    forwarded=VALUES,
)
def test_no_x_forwarded_for_helps_through_a_proxy(theirs, proxy, forwarded) -> None:
    """Nothing in front of what the proxy has appended helps, nor anything in the other header."""
    assert 403 == status(RULE, "172.16.0.1", x_forwarded_for=f"{theirs}, {proxy}", forwarded=forwarded)


@given(theirs=VALUES, proxy=APPENDED, x_forwarded_for=VALUES)
def test_no_forwarded_helps_through_a_proxy(theirs, proxy, x_forwarded_for) -> None:
    """The same with Forwarded, where quotes might swallow what the proxy has appended."""
    headers = {"forwarded": f"{theirs}, {proxy}", "x_forwarded_for": x_forwarded_for}
    assert 403 == status(RULE, "172.16.0.1", **headers)


@pytest.mark.parametrize(
    "value",
    [
        " " * 100_000 + "x",
        "for=" + "a" * 100_000 + " x",
        'for="' + "\\a" * 100_000,
        'for="' + "a" * 100_000 + '"x',
        "a" * 100_000,
        "for=172.16.0.1," * 20_000,
        "[" * 100_000,
        ":" * 100_000,
        "1:" * 100_000,
        "172.16.0.1," * 20_000,
    ],
    ids=lambda value: value[:8],
)
def test_long_values(value) -> None:
    """A value as long as no server lets through is refused like any other, and does not take for ever."""
    assert 403 == status(RULE, "172.16.0.1", x_forwarded_for=value)
    assert 403 == status(RULE, "172.16.0.1", forwarded=value)
