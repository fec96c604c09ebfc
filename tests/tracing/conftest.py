"""A tracer provider that keeps what was traced, and a monitor with it."""

import pytest
from support.spans import Spans

from mcp_perf import PerformanceMonitor


@pytest.fixture
def spans():
    """What has ended, and whose provider that is."""
    return Spans()


@pytest.fixture
def monitor(clock, spans):
    """One that traces there."""
    return PerformanceMonitor(registry=None, clock=clock.clock, tracer_provider=spans.provider)
