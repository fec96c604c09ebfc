"""The query string of the summary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_perf.summary import Options, options_of


@pytest.mark.parametrize(
    ("query", "top"),
    [
        ("", None),
        ("top=1", 1),
        ("top=10000", 10_000),
        ("%74op=5", 5),
        ("a=b&top=7&c", 7),
        ("TOP=x", None),
        ("tops=x&xtop=y", None),
        ("name[]=x&=&&;", None),
    ],
)
def test_options(query, top) -> None:
    """`top` is a whole number from 1 to 10000; what means nothing here is ignored."""
    assert Options(top) == options_of(query)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("top", "''"),
        ("top=", "''"),
        ("top=0", "'0'"),
        ("top=-1", "'-1'"),
        ("top=+1", "' 1'"),
        ("top=10001", "'10001'"),
        ("top=05", "'05'"),
        ("top=1.0", "'1.0'"),
        ("top=1e3", "'1e3'"),
        ("top=%D9%A3", "'٣'"),
        ("top=5%0A", r"'5\\n'"),
        ("top=%FF", "'\ufffd'"),
        ("top=\ud800", r"'\\ud800'"),
        ("top=" + "9" * 5000, "'" + "9" * 39 + "…'"),
    ],
)
def test_wrong_top(query, shown) -> None:
    """Another value is an error that names the parameter, the value and what is allowed."""
    with pytest.raises(ValueError, match=rf"^top must be a whole number from 1 to 10000, not {shown}$"):
        options_of(query)


def test_top_twice() -> None:
    """`top` is given once, or it would not be clear which one counts."""
    with pytest.raises(ValueError, match=r"^top must be given once, not 2 times$"):
        options_of("top=5&top=5")


def test_too_many_parameters() -> None:
    """A query string that would take long to read is refused."""
    with pytest.raises(ValueError, match=r"^the query string must have at most 1000 parameters$"):
        options_of("&" * 5000)


@given(st.text())
def test_any_query(query) -> None:
    """Whatever is asked for, there are options or one sentence that can be sent."""
    try:
        found = options_of(query)
    except ValueError as error:
        text = str(error)
        assert text.encode()
        assert len(text) < 500
        assert text.isprintable() or "\n" not in text
    else:
        assert found.top is None or 1 <= found.top <= 10_000
