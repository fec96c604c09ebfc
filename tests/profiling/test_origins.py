"""Whose functions tell something, and whose only have the same name."""

import os
import queue
from types import SimpleNamespace

import pytest

from mcp_perf.profiling.activity import is_wait
from mcp_perf.profiling.origins import tells

LIBRARY = os.path.dirname(os.__file__)


def frame(name, filename):
    return SimpleNamespace(f_code=SimpleNamespace(co_name=name, co_filename=filename))


@pytest.mark.parametrize(
    ("filename", "waits"),
    [(queue.__file__, True), ("/shop/queue.py", False), (f"{LIBRARY}/site-packages/shop/queue.py", False)],
)
def test_a_wait_is_pythons_own(filename, waits):
    """A function of somebody's own that is called like one of Python's waits is work."""
    assert waits == is_wait(frame("get", filename))


@pytest.mark.parametrize(
    ("name", "filename", "is_asked"),
    [
        ("run", f"{LIBRARY}/concurrent/futures/thread.py", True),
        ("_run", f"{LIBRARY}/asyncio/events.py", True),
        ("run", f"{LIBRARY}/site-packages/anyio/_backends/_asyncio.py", True),
        ("run", "/srv/asyncio-shop/worker.py", False),
        ("_run", f"{LIBRARY}/site-packages/redis/asyncio/client.py", False),
    ],
)
def test_only_what_is_known_is_asked(name, filename, is_asked):
    """The variables of somebody's own functions are left alone, whatever their folders are called."""
    assert is_asked == tells(frame(name, filename))
