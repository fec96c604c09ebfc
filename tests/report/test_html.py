"""What the plots of a report draw."""

import pytest

pytest.importorskip("plotly")

from mcp_perf.report.html import values
from mcp_perf.report.ranges import Range
from mcp_perf.report.reading import Figures, Reading, Slice
from mcp_perf.signals import HTTP


def test_what_nobody_knows_is_a_gap():
    """A slice of which nothing is known is not one without requests; one known in part has its rate."""
    slices = [
        Slice(Range(0, 10), 10.0, totals={HTTP: Figures(20.0)}),
        Slice(Range(10, 20), 10.0, totals={HTTP: Figures(0.0)}),
        Slice(Range(20, 30), 5.0, totals={HTTP: Figures(20.0)}),
        Slice(Range(30, 40), 0.0),
    ]
    reading = Reading("shop", Slice(Range(0, 40), 25.0), slices)

    assert [2.0, 0.0, 4.0, None] == values(reading, HTTP, lambda one, seconds: one.events / seconds)
