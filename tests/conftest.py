"""What all tests share."""

import os
import socket
import sys

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("support")

from support import programs  # noqa: E402
from support.readings import FakeClock  # noqa: E402

from mcp_perf import PerformanceMonitor  # noqa: E402
from mcp_perf.history import Sampler  # noqa: E402

# So that no monitor of a test reads and writes by itself, whenever a step is over.
BEGIN = Sampler.begin


@pytest.fixture
def history_begins(monkeypatch):
    """Monitors keep history by themselves, as everywhere but in tests."""
    monkeypatch.setattr(Sampler, "begin", BEGIN)


def pytest_configure(config):
    Sampler.begin = lambda self: None
    # No test is timed: a busy machine may take as long as it likes.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
    # Older versions of Starlette leave streams of anyio's open where a middleware stands between.
    config.addinivalue_line("filterwarnings", "ignore:Unclosed <MemoryObject:ResourceWarning")


class _Trace:
    """The trace function stays away while a process forks, and from the child.

    coverage takes a lock whenever a call enters another file. In a child it stays locked for ever, if another
    thread had it at the fork; and a child that ends by `os._exit` tells coverage nothing.
    """

    def __init__(self):
        self.function = None
        os.register_at_fork(before=self.leave, after_in_parent=self.come_back)

    def leave(self):
        self.function = sys.gettrace()
        sys.settrace(None)

    def come_back(self):
        sys.settrace(self.function)


TRACE = _Trace()


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
