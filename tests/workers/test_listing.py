"""Directories that several threads list."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mcp_perf.workers.holding import open_directory
from mcp_perf.workers.listing import listed


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
