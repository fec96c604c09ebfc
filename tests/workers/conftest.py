"""What the tests of several workers share."""

from __future__ import annotations

import pytest

from mcp_perf import PerformanceMonitor


@pytest.fixture
def worker(tmp_path):
    """Makes monitors that are siblings."""

    def make(**settings):
        return PerformanceMonitor(registry=None, worker_dir=tmp_path / "workers", **settings)

    return make
