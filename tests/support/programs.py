"""Programs that some tests need, and which a developer's machine may lack."""

import os
import shutil

import pytest


def need(program):
    """The path of `program`; without it the test is skipped, or fails where ``CI`` is set."""
    found = shutil.which(program)
    if found is not None:
        return found
    reason = f"{program} is not installed"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
