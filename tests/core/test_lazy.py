"""Lazy attributes."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from mcp_perf.lazy import lazy


class Thing:
    """Something with an attribute that takes its time in one thread."""

    def __init__(self):
        self.begun, self.gate = threading.Event(), threading.Event()
        self.asked = 0

    @lazy
    def value(self):
        """What it is."""
        self.asked += 1
        if threading.current_thread() is not threading.main_thread():
            self.begun.set()
            self.gate.wait(60)
        return [self.asked]


def test_it_is_worked_out_once() -> None:
    """What was worked out is there from then on, for each object by itself."""
    one, other = Thing(), Thing()
    assert one.value is one.value
    assert one.value is not other.value
    assert 1 == one.asked
    assert "What it is." == Thing.value.__doc__


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_fork_while_another_thread_works_it_out() -> None:
    """A child that was forked meanwhile works it out by itself, and waits for nobody."""
    one, other = Thing(), Thing()
    thread = threading.Thread(target=lambda: one.value)
    thread.start()
    one.begun.wait()
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        signal.alarm(20)
        os._exit(len(one.value) + len(other.value))
    one.gate.set()
    thread.join()

    assert 2 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
