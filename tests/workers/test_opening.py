"""Directories that several threads list."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mcp_perf.workers.system.opening import listed, open_directory
from mcp_perf.workers.system.stillness import Stillness


@pytest.fixture
def hasty():
    """Threads take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_two_who_list_at_once_both_see_everything(tmp_path, hasty) -> None:
    """Whoever lists a directory through one descriptor while another does sees all that is in it."""
    names = {str(number) for number in range(300)}
    for name in names:
        (tmp_path / name).touch()
    directory = open_directory(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: set(listed(directory)), range(400)))

    assert [] == [one for one in found if one != names]


@pytest.mark.parametrize(
    ("age", "is_still"),
    [(0, False), (0.01, False), (1.5, True), (100.25, True), ("whole", False), ("long whole", True)],
)
def test_directory_is_still_once_no_change_can_be_missed(tmp_path, age, is_still) -> None:
    """A change that may have left no trace in the directory's time is looked for, also where it has no
    fractions of a second."""
    now = time.time_ns()
    whole = now // 1_000_000_000 * 1_000_000_000
    ages = {"whole": whole - 1_000_000_000, "long whole": whole - 3_000_000_000}
    changed = ages[age] if isinstance(age, str) else now - int(age * 1e9) | 1
    os.utime(tmp_path, ns=(changed, changed))
    directory = open_directory(tmp_path)
    stillness = Stillness(directory)
    with stillness.listing():
        pass

    assert is_still == stillness.holds()
    os.close(directory)
