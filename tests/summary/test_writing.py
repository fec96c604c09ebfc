"""The summary as text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.garbage import old_collections

from mcp_perf import PerformanceMonitor, monitor_db_operation
from mcp_perf.summary import summarise, text, written

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_it_is_json(value) -> None:
    """The text is JSON that says what was to be written, in order."""
    text = b"".join(written(value))

    assert json.dumps(value) == json.dumps(json.loads(text))
    assert text.endswith(b"\n")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_json(value) -> None:
    """What JSON has no number for is never written."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        written({"a": value})


def test_an_entry_a_line() -> None:
    """Each entry of a list is on a line of its own."""
    lines = b"".join(written({"a": [{"b": {"c": 1}}, {"b": {}}], "d": {"e": []}})).decode().splitlines()

    assert [
        "{",
        '  "a": [',
        '    {"b": {"c": 1}},',
        '    {"b": {}}',
        "  ],",
        '  "d": {"e": []}',
        "}",
    ] == lines


def test_others_have_their_turn() -> None:
    """Many series are read and written in many parts, between which others have their turn."""
    monitor = PerformanceMonitor(registry=None, max_series=3000)
    counter = monitor.counter("jobs", "Jobs.", ["kind"])
    for number in range(2000):
        counter.labels(number).inc()
    turns = []
    summary = summarise(monitor.snapshot(), pace=lambda: turns.append(None))
    read = len(turns)
    parts = written(summary, lambda: turns.append(None))

    assert read >= 2000
    assert len(turns) - read >= 30
    assert max(map(len, parts)) < 10_000


@pytest.mark.parametrize("top", [None, 5])
def test_collector_of_garbage_has_little_to_do(top) -> None:
    """A summary of many series makes few objects at once that the collector of garbage would go through."""
    monitor = PerformanceMonitor(registry=None, max_series=20_000)
    histogram = monitor.histogram("waits_seconds", "Waits.", ["kind"])
    counter = monitor.counter("jobs", "Jobs.", ["kind"])
    for number in range(10_000):
        histogram.labels(number).observe(0.1)
        counter.labels(number).inc()
    for number in range(10_000):
        with monitor_db_operation("select", f"t{number}", monitor=monitor):
            pass
    snapshot = monitor.snapshot()
    with old_collections() as collected:
        written(summarise(snapshot, top, keep=text))
    assert [] == collected
