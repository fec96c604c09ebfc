"""What the tests of OTLP share."""

from __future__ import annotations

import os

import pytest
from support.otlp import Pushed


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """No test has the variables of who runs it."""
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def pushed(clock):
    """``pushed(settings…, **options)``: see `Pushed`."""
    return lambda settings=None, **options: Pushed(clock, settings or {}, **options)
