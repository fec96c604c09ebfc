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


def environment(**more):
    """The environment of a program that is to have none of our settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MCP_PERF_")}
    return {**kept, **more}


def _missing(program):
    reason = f"{program} is not installed"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
