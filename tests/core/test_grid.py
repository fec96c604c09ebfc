"""The grid: exact classic buckets and near-exact quantiles from one count an observation."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_perf.storage.grid import DEFAULT_BUCKETS, Grid

durations = st.floats(min_value=1e-6, max_value=3600, allow_nan=False)
bounds = st.lists(
    st.floats(min_value=-1e6, max_value=1e9, allow_nan=False), min_size=1, max_size=20, unique=True
).map(sorted)


def counted(grid: Grid, values: list[float]) -> list[float]:
    counts = [0.0] * grid.size
    for value in values:
        counts[grid.slot(value)] += 1
    return counts


def exact(values: list[float], q: float) -> float:
    """The nearest-rank quantile."""
    return sorted(values)[max(math.ceil(q * len(values)), 1) - 1]


@given(bounds, st.lists(st.floats(min_value=-1e7, max_value=1e10, allow_nan=False), max_size=50))
def test_classic_buckets_are_exact_for_any_bounds(buckets: list[float], values: list[float]) -> None:
    """A classic bucket holds exactly the observations at or below its bound."""
    grid = Grid(buckets)

    expected = [(bound, sum(value <= bound for value in values)) for bound in (*buckets, math.inf)]

    assert expected == grid.cumulative(counted(grid, values))


@given(st.lists(durations, min_size=1, max_size=200), st.floats(min_value=0, max_value=1))
def test_quantiles_are_within_five_percent(values: list[float], q: float) -> None:
    """A quantile differs from the exact one by at most 5 %, from a microsecond to an hour."""
    grid = Grid(DEFAULT_BUCKETS)

    assert exact(values, q) == pytest.approx(grid.quantile(counted(grid, values), q), rel=0.05)


@given(st.lists(durations, min_size=1, max_size=50))
def test_quantiles_never_fall(values: list[float]) -> None:
    """A higher quantile is never the smaller value."""
    grid = Grid(DEFAULT_BUCKETS)
    counts = counted(grid, values)
    quantiles = [grid.quantile(counts, q / 20) for q in range(21)]

    assert sorted(quantiles) == quantiles  # type: ignore[type-var]


@given(st.lists(durations, max_size=50), st.lists(durations, max_size=50))
def test_counts_of_two_processes_add_up(ours: list[float], theirs: list[float]) -> None:
    """Slots added slot by slot are the slots of all observations together."""
    grid = Grid(DEFAULT_BUCKETS)

    expected = counted(grid, ours + theirs)

    assert expected == [a + b for a, b in zip(counted(grid, ours), counted(grid, theirs), strict=True)]


def test_grid_is_a_native_histogram_of_schema_3() -> None:
    """Between classic bounds the grid has eight bounds a doubling, powers of two among them."""
    grid = Grid(DEFAULT_BUCKETS)
    exponential = [
        bound for bound in grid.bounds if bound not in DEFAULT_BUCKETS or math.log2(bound) % 1 == 0
    ]
    ratios = {round(high / low, 9) for low, high in pairwise(exponential)}

    assert {round(2 ** (1 / 8), 9)} == ratios
    assert {0.25, 0.5, 1.0, 2.0} <= set(grid.bounds)


def test_no_observations_have_no_quantile() -> None:
    """Without observations a quantile is unknown, not zero."""
    grid = Grid(DEFAULT_BUCKETS)

    assert grid.quantile([0.0] * grid.size, 0.5) is None


def test_values_outside_the_grid_are_counted() -> None:
    """Zero, negative, huge and infinite values have a slot each."""
    grid = Grid(DEFAULT_BUCKETS)
    slots = Counter(grid.slot(value) for value in (-1.0, 0.0, 1e9, math.inf))

    assert Counter({0: 2, grid.size - 1: 2}) == slots


@pytest.mark.parametrize(
    ("counts_at", "expected"), [((0.0,), 0.0), ((1e9,), 2.0**16)], ids=["below", "above"]
)
def test_quantiles_outside_the_grid_read_its_ends(counts_at: tuple[float, ...], expected: float) -> None:
    """What is nearer to zero than a microsecond reads 0; what is longer than hours reads the last bound."""
    grid = Grid(DEFAULT_BUCKETS)

    assert expected == grid.quantile(counted(grid, list(counts_at)), 0.5)


def test_negative_bounds_have_quantiles_between_them() -> None:
    """A histogram of temperatures has quantiles too."""
    grid = Grid([-20.0, -10.0, 0.0, 10.0])

    assert grid.quantile(counted(grid, [-12.0]), 0.5) == -15.0
    assert grid.quantile(counted(grid, [1e-9]), 0.5) == 0.0


def test_wide_bounds_keep_the_grid_small() -> None:
    """Bounds over hundreds of orders of magnitude make a coarser grid, not a huge one."""
    assert Grid([1e-300, 1e300]).size < 2500
    assert Grid([5e-324, 1.7e308]).size < 2500


@pytest.mark.parametrize(
    "buckets", [[], [1.0, 1.0], [2.0, 1.0], [math.nan], [math.inf], [-math.inf, 1.0]], ids=repr
)
def test_wrong_buckets_are_refused(buckets: list[float]) -> None:
    """Buckets that are no ascending finite numbers are an error that shows them."""
    with pytest.raises(ValueError, match="buckets must be"):
        Grid(buckets)


def test_infinite_last_bucket_is_implied() -> None:
    """+Inf at the end is allowed, and the same as leaving it out."""
    assert Grid([1.0, 2.0]).classic == Grid([1.0, 2.0, math.inf]).classic
