"""Ranges of time, as somebody asks for them."""

from __future__ import annotations

import pytest

from mcp_perf.report.ranges import Range, compared_with, date, range_of

NOW = 1_800_000_000.5


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("1h", "", Range(1_799_996_400, 1_800_000_000)),
        ("1h30m", "", Range(1_799_994_600, 1_800_000_000)),
        ("1h", "1d", Range(1_799_910_000, 1_799_913_600)),
        ("2027-01-15T07:00:00Z", "2027-01-15T08:00:00+00:00", Range(1_799_996_400, 1_800_000_000)),
        ("2027-01-15T07:30:00", "", Range(1_799_998_200, 1_800_000_000)),
    ],
)
def test_range(since, until, expected) -> None:
    """A range is said by durations before now, or by dates."""
    assert expected == range_of(since, until, NOW)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("soon", ""),
        ("", ""),
        ("0s", ""),
        ("1h", "2h later"),
        ("2027-01-15T07:00:00Z", "2027-01-15T06:00:00Z"),
        ("2027-01-15T07:00:00Z", "2029-01-15T06:00:00Z"),
        ("400d", ""),
        ("1h1h", ""),
        ("1h", "1m1m"),
    ],
)
def test_wrong_range(since, until) -> None:
    """What is no range is refused, with what is allowed."""
    with pytest.raises(ValueError, match=r"^--(since|until) must be .*, not "):
        range_of(since, until, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("previous", Range(1000, 2000)),
        ("500s", Range(1500, 2500)),
        ("1970-01-01T00:10:00Z", Range(600, 1600)),
    ],
)
def test_compared_with(text, expected) -> None:
    """The other range is as long, right before, so much earlier, or where it is said to begin."""
    assert expected == compared_with(text, Range(2000, 3000), NOW)


@pytest.mark.parametrize("text", ["last", "-1h", "1h ago", "2099-01-01T00:00:00Z", "100d"])
def test_wrong_compared_with(text) -> None:
    """What is no such range is refused, with what is allowed."""
    with pytest.raises(ValueError, match=r"^--compare-to must be .*, not "):
        compared_with(text, Range(2000, 3000), NOW)


def test_slices() -> None:
    """Slices lie side by side up to the end."""
    assert [Range(5, 15), Range(15, 25)] == Range(0, 25).slices(10)
    assert [] == Range(0, 5).slices(10)


def test_date() -> None:
    """A moment is written as RFC 3339 has it."""
    assert "1970-01-01T00:00:10Z" == date(10)
