"""Spreads: quantiles of buckets, classic ones and native ones, and both together."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from mcp_perf.report.parts import Parts
from mcp_perf.report.ranges import Range
from mcp_perf.report.reading import Thing
from mcp_perf.report.spread import Quantile, Spread, classic, native
from mcp_perf.signals import HTTP

SHARES = (0.25, 0.5, 0.99)


def test_beyond_the_greatest_bucket() -> None:
    """What is beyond all buckets is more than the greatest bound; what is at that bound is just that."""
    found = classic({5.0: 10, 10.0: 50, math.inf: 100}).quantiles((0.1, 0.5, 0.51))
    assert [Quantile(5.0, False), Quantile(10.0, False), Quantile(10.0, True)] == found
    assert [Quantile(10.0, True)] == classic({10.0: 0, math.inf: 7}).quantiles([0.5])


def test_nothing() -> None:
    """Of no observations there are no quantiles."""
    assert [None, None] == Spread().quantiles((0.5, 0.9))
    assert [None] == classic({1.0: 0, math.inf: 0}).quantiles([0.5])


def test_bounds_that_are_written_in_two_ways() -> None:
    """One bound is one bucket, whether an instance writes 1 or 1.0."""
    parts = Parts(Range(0, 60))
    parts.add_events(HTTP, {("GET", "/", "200"): 200.0})
    parts.add_buckets(
        HTTP,
        {
            ("GET", "/", le): count
            for le, count in (("1", 100), ("1.0", 0), ("2", 100), ("2.0", 100), ("+Inf", 200))
        },
    )
    figures = parts.slice().things[Thing(HTTP, ("GET", "/"))]
    assert (1.0, 1.9) == (figures.p50, pytest.approx(figures.p95))


def test_classic_and_native() -> None:
    """Where some have classic and some native buckets, quantiles are those of all of them together."""
    steps = [0.1 * 2 ** (number / 8) for number in range(25)]
    spread = native((lower, upper, 10) for lower, upper in pairwise(steps))
    spread.add(classic({0.1: 0, 0.2: 80, 0.4: 160, 0.8: 240, math.inf: 240}))
    low, middle, high = (one.seconds for one in spread.quantiles(SHARES))
    # Both have a third in each of the three doublings.
    assert (0.1 < low < 0.2, 0.2 < middle < 0.4, 0.7 < high < 0.8) == (True, True, True)
    assert 0.29 == pytest.approx(middle, rel=0.05)
    alone = classic({0.1: 0, 0.2: 80, 0.4: 160, 0.8: 240, math.inf: 240})
    assert [one.seconds for one in alone.quantiles(SHARES)] == pytest.approx([0.175, 0.3, 0.788])


def test_buckets_of_two_services() -> None:
    """Buckets that overlap are cut at each other's bounds."""
    spread = classic({1.0: 100, math.inf: 100})
    spread.add(native([(0.5, 1.0, 100)]))
    (found,) = spread.quantiles([0.25])
    assert Quantile(0.5, False) == found
