"""The error of a wrong setting, in the one form they all have."""

from __future__ import annotations


def wrong(setting: str, value: object, allowed: str) -> ValueError:
    """It names the setting, the value and what is allowed."""
    return ValueError(f"{setting} must be {allowed}, not {value!r}")
