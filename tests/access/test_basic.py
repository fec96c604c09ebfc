"""Users with passwords: the right pair passes, nothing else does."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.access import basic_header, status, verdict

from mcp_perf.access import Verdict, basic

REFUSED = Verdict(False, 401, ('Basic realm="metrics", charset="UTF-8"',))
USERS = {"ann": "one", "bob": "t:w:o", "zoë": "drei €"}


@pytest.mark.parametrize(("name", "password"), USERS.items())
def test_right_password(name, password) -> None:
    """Each user passes with the right password, which may have colons, spaces and any letters."""
    assert Verdict(True, 200) == verdict(basic(USERS), authorization=basic_header(name, password))


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ann", "t:w:o"),
        ("ann", ""),
        ("", "one"),
        ("", ""),
        ("eve", "one"),
        ("ANN", "one"),
        ("ann", "one\x00"),
    ],
)
def test_wrong_password(name, password) -> None:
    """Another's password, none, or a name that nobody has are answered 401 with a challenge."""
    assert REFUSED == verdict(basic(USERS), authorization=basic_header(name, password))


def test_other_charset() -> None:
    """A password in another charset than the UTF-8 of the challenge is a wrong one."""
    assert 401 == status(basic({"zoë": "x"}), authorization=basic_header("zoë", "x", "latin-1"))


def test_scheme_in_any_case() -> None:
    """The name of the scheme may be in capitals or not."""
    assert 200 == status(basic(USERS), authorization=basic_header("ann", "one").replace("Basic", "bASIC"))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic",
        "Basic ",
        "Basic =",
        "Basic ====",
        "Basic a",
        "Basic YW5u",
        "Basic YW5uOm9uZQ",
        "Basic YW5uOm9u ZQ==",
        "Basic YW5uOm9uZQ==, Basic YW5uOm9uZQ==",
        "Basic YW5uOm9uZQ==, Bearer x",
        "Bearer x, Basic YW5uOm9uZQ==",
        "Bearer YW5uOm9uZQ==",
        "Basic ann:one",
        "Basic \xff",
        "Basic YW5uOm9uZQ\udc3d=",
        "Basic " + "YW5u" * 1_000_000,
        "Basic " + "=" * 1_000_000,
    ],
    ids=lambda value: ascii(value[:30]),
)
def test_malformed(value) -> None:
    """Malformed, doubled, undecodable and huge credentials are answered 401."""
    assert REFUSED == verdict(basic(USERS), authorization=value)


@given(
    st.one_of(
        st.text(),
        st.text().map("Basic ".__add__),
        st.binary().map(lambda raw: "Basic " + base64.b64encode(raw).decode()),
    )
)
def test_any_value(value) -> None:
    """No value of Authorization raises anything, or passes without a user's password."""
    right = {basic_header(name, password).split()[1] for name, password in USERS.items()}
    assert not verdict(basic(USERS), authorization=value).allowed or value.split()[1:] in [
        [one] for one in right
    ]


@pytest.mark.parametrize(
    "users",
    [
        None,
        {},
        "ann:s3cret",
        [("ann", "s3cret")],
        {"ann": ""},
        {"": "s3cret"},
        {"a:nn": "s3cret"},
        {"ann": b"s3cret"},
        {5: "s3cret"},
        {"ann": "s3cret\n"},
        {"ann": "s3cret\udc80"},
        {"fine": "s3cret", "ann": None},
    ],
)
def test_wrong_users(users) -> None:
    """Users that cannot be are refused at once, in a sentence without names and passwords."""
    with pytest.raises(
        ValueError, match=r"^the users of basic\(\) must be a mapping of names to pass"
    ) as caught:
        basic(users)
    assert "s3cret" not in str(caught.value)
    assert "ann" not in str(caught.value)
