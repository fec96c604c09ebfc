"""Bearer tokens: the right one passes, nothing else does, whatever it looks like."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.access import status, verdict

from mcp_perf.access import Verdict, bearer

REFUSED = Verdict(False, 401, ('Bearer realm="metrics"',))


def test_right_token() -> None:
    """A request with the token passes."""
    assert Verdict(True, 200) == verdict(bearer("s3cret"), authorization="Bearer s3cret")


def test_rotation() -> None:
    """While tokens rotate, the old one and the new one both pass."""
    rule = bearer("old", "new")
    assert [200, 200, 401] == [
        status(rule, authorization=f"Bearer {token}") for token in ("old", "new", "other")
    ]


@pytest.mark.parametrize("value", ["bearer s3cret", "BEARER s3cret", "BeArEr   s3cret", " Bearer s3cret "])
def test_scheme_in_any_case(value) -> None:
    """The name of the scheme may be in capitals or not, with more than one space behind it."""
    assert verdict(bearer("s3cret"), authorization=value).allowed


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "s3cret",
        "Bearers3cret",
        "Bearer: s3cret",
        "Bearer s3cre",
        "Bearer s3crett",
        "Bearer S3CRET",
        "Bearer s3cret x",
        "Bearer s3cret,",
        "Bearer s3cret, Bearer s3cret",
        "Basic eDp5, Bearer s3cret",
        "Bearer s3cret, Basic eDp5",
        "Token s3cret",
        "Bearer s3cret\x00",
        "Bearer \u017f3cret",
        "Bearer s3cret\udc80",
        "Bearer \xff\xfe",
        "Bearer " + "s3cret" * 1_000_000,
        "x" * 5_000_000,
    ],
    ids=lambda value: ascii(value[:30]),
)
def test_anything_else(value) -> None:
    """Missing, malformed, doubled, undecodable and huge credentials are answered 401 with a challenge."""
    assert REFUSED == verdict(bearer("s3cret"), authorization=value)


@given(
    st.one_of(st.text(), st.text().map("Bearer ".__add__), st.binary().map(lambda raw: raw.decode("latin-1")))
)
@example("Bearer\ts3cret")
@example("Bearer s3cret\t")
def test_any_value(value) -> None:
    """No value of Authorization raises anything, or passes without the token."""
    allowed = verdict(bearer("s3cret", "other"), authorization=value).allowed
    assert not allowed or value.split() in (["Bearer", "s3cret"], ["Bearer", "other"])


@pytest.mark.parametrize(
    "token", ["", " ", "two words", "line\n", "\ts3cret", "sécret", "s3cret\x00", b"s3cret", 5, None]
)
def test_wrong_token(token) -> None:
    """A token that no header can carry is refused at once, in a sentence without it."""
    with pytest.raises(ValueError, match="must be") as caught:
        bearer("fine", token)
    assert "the tokens of bearer() must be visible ASCII characters without spaces, at least one" == str(
        caught.value
    )


def test_no_token() -> None:
    """A rule without any token is a mistake."""
    with pytest.raises(ValueError, match=r"^bearer\(\) must be given a token or a file$"):
        bearer()
    with pytest.raises(ValueError, match="must be visible ASCII"):
        bearer(["a", "b"])
