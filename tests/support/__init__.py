"""Helpers of the tests, imported as ``support.…`` (pytest's `pythonpath` names this directory's parent)."""
