"""Programs that some tests need, and which a developer's machine may lack."""

import importlib.util
import os
import shutil

import pytest


def need(program):
    """The path of `program`; without it the test is skipped, or fails where ``CI`` is set."""
    found = shutil.which(program)
    if found is not None:
        return found
    return _missing(program)


def need_module(name):
    """Like `need`, for a program that is a module of this Python."""
    if importlib.util.find_spec(name) is None:
        _missing(name)


def _missing(program):
    reason = f"{program} is not installed"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
