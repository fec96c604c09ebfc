"""A real Prometheus that takes native histograms, beside one that takes classic ones, over one service."""

import contextlib
import math
import time

import pytest
from support import programs
from support.prometheus import scraping
from support.servers import running, wsgiref
from support.spread import DURATIONS, NUMBER, quantile

pytestmark = pytest.mark.real

SERVICE = "spread"
QUANTILES = (0.1, 0.25, 0.75, 0.9, 0.95, 0.99)
# Where most durations are in one classic bucket, or above the last bound.
LOST = [*((kind, q) for kind in ("narrow", "two") for q in QUANTILES), ("wide", 0.99)]


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """Two that have scraped the service: with native histograms, and without."""
    program = programs.need("prometheus")
    with running(wsgiref("spread:app")) as server, contextlib.ExitStack() as stack:
        found = [
            stack.enter_context(
                scraping(program, {SERVICE: server}, tmp_path_factory.mktemp("prometheus"), features=features)
            )
            for features in (["native-histograms"], [])
        ]
        since = time.time()
        for one in found:
            one.await_scrape([SERVICE], since)
        yield found


@pytest.fixture
def native(scraped):
    return scraped[0]


@pytest.fixture
def classic(scraped):
    return scraped[1]


@pytest.mark.parametrize("q", QUANTILES)
def test_quantile_of_a_native_histogram_is_right(native, q):
    """`histogram_quantile` is within 5 % of the exact quantile of what was observed."""
    found = native.by(f"histogram_quantile({q}, took_seconds)", "kind")

    assert {(kind,): pytest.approx(quantile(kind, q), rel=0.05) for kind in DURATIONS} == found


def test_quantile_of_a_classic_histogram_is_not(classic):
    """The classic buckets of the same durations lead to quantiles that are more than 5 % off."""
    for kind, q in LOST:
        found = classic.by(f'histogram_quantile({q}, took_seconds_bucket{{kind="{kind}"}})', "kind")[kind,]
        assert abs(found / quantile(kind, q) - 1) > 0.05, (kind, q, found)


def test_count_and_sum_are_exact(native):
    """The native histogram has the number and the sum of what was observed."""
    assert {(kind,): NUMBER for kind in DURATIONS} == native.by("histogram_count(took_seconds)", "kind")
    assert {
        (kind,): pytest.approx(math.fsum(durations)) for kind, durations in DURATIONS.items()
    } == native.by("histogram_sum(took_seconds)", "kind")


def test_native_histograms_add_up(native):
    """The quantile over the sum of series is that of all their observations."""
    everything = sorted(duration for durations in DURATIONS.values() for duration in durations)
    expected = everything[math.ceil(0.9 * len(everything)) - 1]

    assert {(): pytest.approx(expected, rel=0.05)} == native.by("histogram_quantile(0.9, sum(took_seconds))")


def test_all_else_is_as_ever(native, classic):
    """Counters, gauges and classic histograms, ours and others', are the same in both formats."""
    assert {} == native.errors()
    for query in (
        "level",
        "their_jobs_total",
        "their_seconds_bucket",
        "their_seconds_count",
        "their_seconds_sum",
        "change_bucket",
        "change_count",
        "python_info",
    ):
        assert native.query(query) == classic.query(query) != {}, query


def test_types_arrive(native):
    """Prometheus knows the types; a counter's name has its suffix in this format."""
    expected = {
        "took_seconds": {"histogram"},
        "their_jobs_total": {"counter"},
        "their_seconds": {"histogram"},
        "level": {"gauge"},
    }

    assert expected == native.kinds(*expected)
