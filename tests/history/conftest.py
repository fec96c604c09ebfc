"""What the tests of history share."""

from __future__ import annotations

import os

import pytest
from support.past import Past

from mcp_perf.history.segments import FileStore, MemoryStore


@pytest.fixture(params=["memory", "files"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    parent = os.open(tmp_path, os.O_RDONLY)
    yield FileStore(parent, "history")
    os.close(parent)


@pytest.fixture
def past(clock, store):
    return Past(clock, store)
