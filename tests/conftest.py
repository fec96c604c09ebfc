"""What all tests share."""

import socket

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("support")

from support import programs  # noqa: E402
from support.readings import FakeClock  # noqa: E402

from mcp_perf import PerformanceMonitor  # noqa: E402


def pytest_configure(config):
    # No test is timed: a busy machine may take as long as it likes.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
    # Older versions of Starlette leave streams of anyio's open where a middleware stands between.
    config.addinivalue_line("filterwarnings", "ignore:Unclosed <MemoryObject:ResourceWarning")


@pytest.fixture
def need():
    """``need("prometheus")`` gives the program's path; without it the test is skipped, in CI it fails."""
    return programs.need


@pytest.fixture
def clock():
    """A clock that stands still until a test advances it."""
    return FakeClock()


@pytest.fixture
def monitor(clock):
    """A monitor that shares nothing, on the fake clock."""
    return PerformanceMonitor(registry=None, clock=clock.clock)


@pytest.fixture
def free_port():
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
