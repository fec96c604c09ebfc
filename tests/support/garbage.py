"""What the collector of garbage does meanwhile."""

from __future__ import annotations

import gc
from contextlib import contextmanager


@contextmanager
def old_collections():
    """A list of the generations above the youngest that are collected within."""
    found = []

    def note(phase, info):
        if phase == "start" and info["generation"]:
            found.append(info["generation"])

    gc.collect()
    gc.callbacks.append(note)
    try:
        yield found
    finally:
        gc.callbacks.remove(note)
