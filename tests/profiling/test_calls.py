"""In which system call a thread is."""

from __future__ import annotations

import os
import platform
import threading

import pytest
from support.profiling import PATIENCE

from mcp_perf.profiling.calls import Calls

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64") or not os.path.exists("/proc/self/syscall"),
    reason="only Linux tells in which system call a thread is",
)


def told(calls, native, expected):
    """Come back when that is told of the thread; what is told otherwise is what it was before."""
    for _ in range(1000):
        if calls.waits(native) == expected:
            return
        threading.Event().wait(0.01)
    pytest.fail(f"{calls.waits(native)} is told")


def test_waits() -> None:
    """A thread waits in a call, or for a lock; one that has ended tells nothing."""
    reading, writing = os.pipe()
    lock, calls = threading.Lock(), Calls()

    def work():
        os.read(reading, 1)
        with lock:
            pass

    thread = threading.Thread(target=work, daemon=True)
    with lock:
        thread.start()
        told(calls, thread.native_id, (True, False))
        os.write(writing, b"x")
        told(calls, thread.native_id, (True, True))
    thread.join(PATIENCE)
    told(calls, thread.native_id, None)
    os.close(reading)
    os.close(writing)
